"""A message end to end: wrk posts it to servers, one worker each.

    python -m tests.benchmarks.servers [ROUNDS [SECONDS]]

The servers run in processes of their own, all of them at once, and everything that is
compared takes turns, so that a busy machine slows all alike. Ratios are to the bare
view on the same server in the same round. What is found goes to results/servers.json.
"""

import json
import os
import platform
import sqlite3
import sys
import tempfile
from contextlib import ExitStack
from importlib import metadata
from pathlib import Path
from statistics import median
from typing import Any

from tests.benchmarks.served.servers import SERVERS, SETTINGS
from tests.benchmarks.serving import quiet

RESULTS = Path(__file__).parent / "results" / "servers.json"
ROUNDS, SECONDS, CONNECTIONS = 7, 4, 16
WARM_UP_SECONDS = 1
DISTRIBUTIONS = (
    "gunicorn granian uvicorn uvloop httptools Django asgiref orjson pydantic"
    " django-ninja django-aws-api-gateway-websockets"
)
Samples = list[dict[str, float]]


def main() -> None:
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else ROUNDS
    seconds = int(sys.argv[2]) if len(sys.argv) > 2 else SECONDS
    with tempfile.TemporaryDirectory() as folder:
        os.environ["BENCH_DATABASE"] = f"{folder}/bench.sqlite3"
        os.environ["DJANGO_SETTINGS_MODULE"] = SETTINGS
        result = compared(Path(folder), rounds, seconds)
    RESULTS.write_text(json.dumps(result, indent=2) + "\n")


def compared(folder: Path, rounds: int, seconds: int) -> dict[str, Any]:
    versions = {name: metadata.version(name) for name in DISTRIBUTIONS.split()}
    before = os.getloadavg()
    found = measured(folder, rounds, seconds)
    return {
        "rounds": rounds,
        "seconds": seconds,
        "connections": CONNECTIONS,
        "load": [before[0], os.getloadavg()[0]],
        "cores": os.cpu_count(),
        "python": platform.python_version(),
        "versions": versions | {"sqlite": sqlite3.sqlite_version},
        "lines": {each.name: each.line for each in SERVERS},
        "servers": {name: summary(samples) for name, samples in found.items()},
    }


def measured(folder: Path, rounds: int, seconds: int) -> dict[str, dict[str, Samples]]:
    """What each round has found, by server and variant."""
    from tests.benchmarks.served import turns, wrk
    from tests.benchmarks.site import variants

    wrk.program()
    variants.prepare()
    found: dict[str, dict[str, Samples]] = {each.name: {} for each in SERVERS}
    with ExitStack() as stack:
        everybody = [turn for each in SERVERS for turn in turns.of(stack, each, folder)]
        for turn in everybody:
            turn.take(CONNECTIONS, WARM_UP_SECONDS)
        for number in range(rounds):
            quiet(5.0)
            for turn in everybody:
                samples = found[turn.server.name].setdefault(turn.variant.name, [])
                samples.append(turn.take(CONNECTIONS, seconds))
            print(f"round {number + 1} of {rounds}")  # noqa: T201
    return found


def summary(found: dict[str, Samples]) -> dict[str, Any]:
    """Medians, the least and the most, and the ratios to the bare view."""
    from tests.benchmarks.served.variants import BARE

    told: dict[str, Any] = {}
    for name, samples in found.items():
        told[name] = {
            each: spread([one[each] for one in samples]) for each in samples[0]
        }
        for each in ("rate", "cpu_us"):
            pairs = zip(samples, found[BARE], strict=True)
            ratios = [own[each] / bare[each] for own, bare in pairs]
            told[name][f"{each}_ratio"] = spread(ratios)
    return told


def spread(values: list[float]) -> dict[str, float]:
    """The median, the least and the most, to four digits."""
    told = {"median": median(values), "least": min(values), "most": max(values)}
    return {name: float(f"{value:.4g}") for name, value in told.items()}


if __name__ == "__main__":
    main()
