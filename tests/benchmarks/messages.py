"""What one message costs, side by side with others, in one process.

    python -m tests.benchmarks.messages [ROUNDS [MESSAGES]]

The variants take turns, a batch of messages each, so that a busy machine slows all of
them alike. CPU per message: the medians of the batches, with their quartiles, go to
results/messages.json.
"""

import asyncio
import json
import os
import platform
import sys
import tempfile
from pathlib import Path
from statistics import median, quantiles
from time import process_time_ns
from typing import Any

RESULTS = Path(__file__).parent / "results"
WARM_UP = 20


def measured(
    variants: dict[str, Any], rounds: int, messages: int
) -> dict[str, list[float]]:
    """Microseconds of CPU of one message, a number for each batch."""
    found: dict[str, list[float]] = {name: [] for name in variants}
    for entry_point in variants.values():
        entry_point.many(WARM_UP)
    for _ in range(rounds):
        for name, entry_point in variants.items():
            start = process_time_ns()
            entry_point.many(messages)
            found[name].append((process_time_ns() - start) / messages / 1000)
    return found


def summary(
    found: dict[str, list[float]], queries: dict[str, int], against: dict[str, str]
) -> dict[str, Any]:
    """Medians, quartiles, and the ratio to another variant of the same round."""
    told: dict[str, Any] = {}
    for name, times in found.items():
        pairs = zip(times, found[against[name]], strict=True)
        ratios = [own / bare for own, bare in pairs]
        told[name] = {
            "cpu_us": round(median(times), 1),
            "quartiles": _outer(times, 1),
            "against": against[name],
            "ratio": round(median(ratios), 2),
            "ratio_quartiles": _outer(ratios, 2),
            "queries": queries[name],
        }
    return told


def _outer(values: list[float], digits: int) -> list[float]:
    low, _, high = quantiles(values, n=4)
    return [round(low, digits), round(high, digits)]


def compared(rounds: int, messages: int) -> dict[str, Any]:
    from tests.benchmarks.site import statements, variants

    variants.prepare()
    loop = asyncio.new_event_loop()
    doors = variants.under_wsgi() | variants.under_asgi(loop)
    queries = {
        name: variants.queries(entry_point) for name, entry_point in doors.items()
    }
    life = statements.of_a_life()
    before = os.getloadavg()
    found = measured(doors, rounds, messages)
    _finish(loop)
    against = {name: variants.against(name) for name in found}
    return {
        "rounds": rounds,
        "messages": messages,
        "load": [before[0], os.getloadavg()[0]],
        "cores": os.cpu_count(),
        "python": platform.python_version(),
        "versions": variants.versions(),
        "statements": life,
        "variants": summary(found, queries, against),
    }


def _finish(loop: asyncio.AbstractEventLoop) -> None:
    tasks = asyncio.all_tasks(loop)
    for task in tasks:
        task.cancel()
    if tasks:
        loop.run_until_complete(asyncio.gather(*tasks, return_exceptions=True))
    loop.close()


def main() -> None:
    given = [int(each) for each in sys.argv[1:3]]
    rounds, messages = (*given, *(40, 100)[len(given) :])
    with tempfile.TemporaryDirectory() as folder:
        os.environ["BENCH_DATABASE"] = f"{folder}/bench.sqlite3"
        os.environ["DJANGO_SETTINGS_MODULE"] = "tests.benchmarks.site.settings"
        result = compared(rounds, messages)
    (RESULTS / "messages.json").write_text(json.dumps(result, indent=2) + "\n")
    print(f"{'':54}{'CPU':>8}    {'times':>7} statements")  # noqa: T201
    for name, told in result["variants"].items():
        line = f"{name:54}{told['cpu_us']:8} µs {told['ratio']:7} {told['queries']}"
        print(line)  # noqa: T201


if __name__ == "__main__":
    main()
