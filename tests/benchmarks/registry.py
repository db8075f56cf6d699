"""What the registry costs, at 10,000 and at 1,000,000 connections in three groups each.

    python -m tests.benchmarks.registry [sqlite|postgresql|mysql ...]

Each database is measured in a process of its own, with tests/databases.py's settings.
The figures go to results/registry.json.
"""

import json
import os
import sys
import tempfile
from pathlib import Path
from typing import Any

from tests.benchmarks import apart

HERE = Path(__file__).parent
DATABASES = ("sqlite", "postgresql", "mysql")
SIZES = (10_000, 1_000_000)


def main() -> None:
    file = HERE / "results" / "registry.json"
    apart.each_measured(DATABASES, file, _measured_apart)


def _measured_apart(name: str) -> Any:
    with tempfile.TemporaryDirectory() as folder:
        return apart.told(
            "tests.benchmarks.registry",
            folder,
            WSROUTER_TEST_DATABASE=name,
            DJANGO_SETTINGS_MODULE="tests.project.settings",
        )


def _measure_here(folder: str) -> None:
    import django

    django.setup()
    from django.db import connection

    from tests.benchmarks import registry_costs, registry_rows

    if connection.vendor == "sqlite":
        connection.settings_dict["TEST"]["NAME"] = f"{folder}/bench.sqlite3"
    connection.creation.create_test_db(verbosity=0, autoclobber=True)
    found, filled = {}, 0
    try:
        for size in SIZES:
            registry_rows.fill(filled + 1, size, size)
            registry_rows.analyze()
            filled = size
            found[size] = registry_costs.measured(size)
        told = {
            "load": os.getloadavg(),
            "cache_mib": registry_rows.cache_mib(),
            "read_whole": _scans(),
            "us": found,
        }
    finally:
        connection.creation.destroy_test_db("", verbosity=0)
    print(json.dumps(told))  # noqa: T201


def _scans() -> list[str]:
    """What reads a whole table, at the largest size."""
    from django.db import transaction

    from tests.benchmarks.registry_acts import ACTS
    from tests.benchmarks.registry_plans import recorded, scanned

    found = []
    for name, act in ACTS.items():
        with transaction.atomic():
            with recorded() as statements:
                act()
            if any(scanned(*each) for each in statements):
                found.append(name)
            transaction.set_rollback(True)
    return found


if __name__ == "__main__":
    if sys.argv[1:2] == ["--here"]:
        _measure_here(sys.argv[2])
    else:
        main()
