"""How much memory sends take, over HTTP: `python -m tests.benchmarks.fanout_memory`.

20,000 recipients of `event.send`, and a worker's send to a thousand and to a million.
Figures in KiB go to results/fanout_memory.json.
"""

import json
import tempfile
from pathlib import Path
from statistics import median
from typing import Any

from tests.benchmarks.serving import run, stub

RESULT = Path(__file__).parent / "results" / "fanout_memory.json"
INSIDE = 20_000
REPETITIONS = 5
VARIANTS = {
    "threads": ("threads", "100"),
    "curl": ("curl", "256"),
    "curl, 400 in flight": ("curl", "400"),
    "curl, 100 in flight": ("curl", "100"),
}
FEW, MANY = 1_000, 1_000_000


def inside(folder: Path) -> dict[str, Any]:
    """`event.send` to 20,000, answered after 20 ms."""
    with stub(folder, secure=False) as served:
        run("sends", "prepare", str(INSIDE), **served.variables)
        found: dict[str, list[Any]] = {name: [] for name in VARIANTS}
        for _ in range(REPETITIONS):
            for name in VARIANTS:
                variables = served.variables | _chosen(name)
                found[name].append(_resident("inside", INSIDE, variables))
    return {name: _above(runs) for name, runs in found.items()}


def growth(folder: Path) -> dict[str, Any]:
    """A worker's send to a thousand and to a million, answered at once."""
    told: dict[str, Any] = {}
    with stub(folder, secure=False, delay=0.0) as served:
        known = 0
        for count in (FEW, MANY):
            if known:
                run("sends", "add", str(known), str(count), **served.variables)
            else:
                run("sends", "prepare", str(count), **served.variables)
            known = count
            for name in ("threads", "curl"):
                variables = served.variables | _chosen(name)
                told.setdefault(name, {})[count] = _resident("worker", count, variables)
    for found in told.values():
        found["more_for_many"] = found[MANY]["most"] - found[FEW]["most"]
    return told


def _chosen(name: str) -> dict[str, str]:
    names = ("BENCH_TRANSPORT", "BENCH_IN_FLIGHT")
    return dict(zip(names, VARIANTS[name], strict=True))


def _resident(how: str, count: int, variables: dict[str, str]) -> dict[str, float]:
    found: dict[str, float] = json.loads(run("resident", how, str(count), **variables))
    return found


def _above(runs: list[dict[str, float]]) -> dict[str, Any]:
    return {
        f"above_{state}": [
            pick(each["most"] - each[state] for each in runs)
            for pick in (min, median, max)
        ]
        for state in ("idle", "new")
    }


def main() -> None:
    with tempfile.TemporaryDirectory() as one, tempfile.TemporaryDirectory() as other:
        result = {
            "recipients": INSIDE,
            "repetitions": REPETITIONS,
            "inside": inside(Path(one)),
            "growth": growth(Path(other)),
        }
    text = json.dumps(result, indent=1)
    RESULT.write_text(text + "\n")
    print(text)  # noqa: T201


if __name__ == "__main__":
    main()
