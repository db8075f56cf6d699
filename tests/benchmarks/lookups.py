"""What the connection and its user cost a message, by database.

    python -m tests.benchmarks.lookups [DATABASE ...]

Each database is measured in a process of its own, beside the bare view; the servers are
those of tests/databases.py. CPU and time of the clock for each message: the medians of
the rounds go to results/lookups.json.
"""

import json
import os
import sys
import tempfile
from pathlib import Path
from statistics import median
from time import perf_counter_ns, process_time_ns
from typing import Any

from tests.benchmarks import apart

RESULTS = Path(__file__).parent / "results" / "lookups.json"
ROUNDS, MESSAGES = 40, 100
BARE = "bare view"
MEASURED = (
    BARE,
    "endpoint",
    "endpoint, connection and user",
    "front door",
    "front door, connection and user",
)
DATABASES: dict[str, dict[str, Any]] = {
    "SQLite, in memory": {},
    "SQLite, WAL": {"init_command": "PRAGMA journal_mode=WAL"},
    "SQLite": {},
    "PostgreSQL": {},
    "PostgreSQL, prepared": {"server_side_binding": True, "prepare_threshold": 5},
}
"""With the OPTIONS of each."""


def main() -> None:
    apart.each_measured(DATABASES, RESULTS, _measured_apart)


def _measured_apart(name: str) -> Any:
    with tempfile.TemporaryDirectory() as folder:
        return apart.told(
            "tests.benchmarks.lookups",
            name,
            WSROUTER_TEST_DATABASE=name.partition(",")[0].lower(),
            WSROUTER_TEST_SQLITE=f"sqlite://{folder}/bench.sqlite3",
            DJANGO_SETTINGS_MODULE="tests.benchmarks.site.settings",
        )


def _measure_here(name: str) -> None:
    from django.conf import settings
    from django.db import connection

    from tests import databases
    from tests.benchmarks.site import variants

    chosen = {**databases.settings(), "CONN_MAX_AGE": None}
    chosen["OPTIONS"] = chosen.get("OPTIONS", {}) | DATABASES[name]
    # A file, so that there are locks to take, as in a project.
    file = None if name.endswith("memory") else chosen["NAME"]
    chosen["TEST"] = {"NAME": file, **chosen.get("TEST", {})}
    settings.DATABASES["default"] = chosen
    variants.django.setup()
    connection.creation.create_test_db(verbosity=0, autoclobber=True)
    try:
        variants.prepare()
        doors = variants.under_wsgi()
        told = _measured({each: doors[each] for each in MEASURED})
    finally:
        connection.creation.destroy_test_db("", verbosity=0)
    print(json.dumps(told))  # noqa: T201


def _measured(doors: dict[str, Any]) -> Any:
    before = os.getloadavg()[0]
    cpu: dict[str, list[float]] = {name: [] for name in doors}
    clock: dict[str, list[float]] = {name: [] for name in doors}
    for entry_point in doors.values():
        entry_point.many(MESSAGES)
    for _ in range(ROUNDS):
        for name, entry_point in doors.items():
            start, begun = process_time_ns(), perf_counter_ns()
            entry_point.many(MESSAGES)
            cpu[name].append((process_time_ns() - start) / MESSAGES / 1000)
            clock[name].append((perf_counter_ns() - begun) / MESSAGES / 1000)
    ratios = {
        name: [own / bare for own, bare in zip(times, cpu[BARE], strict=True)]
        for name, times in cpu.items()
    }
    return {
        "load": [before, os.getloadavg()[0]],
        "variants": {
            name: {
                "cpu_us": round(median(cpu[name]), 1),
                "ratio": round(median(ratios[name]), 2),
                "clock_us": round(median(clock[name]), 1),
            }
            for name in doors
        },
    }


if __name__ == "__main__":
    if sys.argv[1:2] == ["--here"]:
        _measure_here(sys.argv[2])
    else:
        main()
