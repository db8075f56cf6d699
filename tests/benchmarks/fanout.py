"""Sends side by side with the rival, interleaved, against one stub over HTTPS.

    python -m tests.benchmarks.fanout [RECIPIENTS [REPETITIONS]]

Each measurement is a process of its own that waits for the machine to be quiet and
goes through the public `event.send`. "cold" is the first send of a process. Medians
and spreads go to results/fanout.json; `wrk` gives the raw floor where it is installed.
"""

import json
import os
import sys
import tempfile
from pathlib import Path
from statistics import median
from typing import Any

from tests.benchmarks import floor, signing
from tests.benchmarks.serving import Served, quiet, run, stub

RESULT = Path(__file__).parent / "results" / "fanout.json"
VARIANTS = {
    "rival": ("rival", "threads", 10),
    "boto3": ("ours", "boto3", 50),
    "threads": ("ours", "threads", 100),
    "curl": ("ours", "curl", 400),
    "curl cold": ("ours", "curl", 400),
}
Runs = dict[str, list[dict[str, float]]]


def measured(folder: Path, count: int, repetitions: int) -> Runs:
    names = [*VARIANTS, "wrk"] if floor.is_there() else [*VARIANTS]
    found: Runs = {name: [] for name in names}
    with stub(folder, secure=True) as served:
        run("sends", "prepare", str(count), **served.variables)
        for _ in range(repetitions):
            for name in names:
                others = quiet()
                one = _one(name, folder, served, count) | {"others": others}
                found[name].append(one)
                print(name, one, file=sys.stderr, flush=True)  # noqa: T201
    return found


def _one(name: str, folder: Path, served: Served, count: int) -> dict[str, float]:
    if name == "wrk":
        return floor.measured(folder, served.url)
    who, transport, in_flight = VARIANTS[name]
    chosen = {"BENCH_TRANSPORT": transport, "BENCH_IN_FLIGHT": str(in_flight)}
    before = served.cpu()
    how = [who, str(count), *name.split()[1:]]
    output = run("sends", *how, **served.variables, **chosen)
    one: dict[str, float] = json.loads(output)
    return one | {"stub_cpu_us": (served.cpu() - before) / count * 1e6}


def summary(found: Runs) -> dict[str, Any]:
    """Medians, and ratios to the rival and to `wrk` of the same round: the lowest, the
    median, the highest."""
    told: dict[str, Any] = {}
    for name, runs in found.items():
        told[name] = {
            "cpu_us": _spread([each["cpu_us"] for each in runs]),
            "rate": _spread([each["rate"] for each in runs], digits=0),
            "rival_cpu_by_this": _ratios(found["rival"], runs, "cpu_us"),
            "rate_by_rivals": _ratios(runs, found["rival"], "rate"),
        }
        if "wrk" in found:
            told[name]["cpu_by_wrks"] = _ratios(runs, found["wrk"], "cpu_us")
    return told


def _ratios(
    above: list[dict[str, float]], below: list[dict[str, float]], of: str
) -> list[float]:
    return _spread([a[of] / b[of] for a, b in zip(above, below, strict=True)])


def _spread(values: list[float], digits: int = 1) -> list[float]:
    found = (min(values), median(values), max(values))
    return [round(each, digits) for each in found]


def main() -> None:
    given = [int(each) for each in sys.argv[1:3]]
    count, repetitions = (*given, *(20_000, 5)[len(given) :])
    before = os.getloadavg()
    with tempfile.TemporaryDirectory() as folder:
        found = measured(Path(folder), count, repetitions)
    result = {
        "recipients": count,
        "repetitions": repetitions,
        "load": [[round(each, 1) for each in x] for x in (before, os.getloadavg())],
        "cores": os.cpu_count(),
        "signing_us": _spread(signing.measured(), digits=2),
        "variants": summary(found),
        "runs": found,
    }
    text = json.dumps(result, indent=1)
    RESULT.write_text(text + "\n")
    print(json.dumps(result["variants"]))  # noqa: T201


if __name__ == "__main__":
    main()
