"""What the registry costs, at 10,000 and at 1,000,000 connections in three groups each.

    python -m tests.benchmarks.registry [sqlite|postgresql|mysql ...]

Each database is measured in a process of its own, with tests/databases.py's settings.
The figures go to results/registry.json.
"""

import os
from typing import Any

from tests.benchmarks import apart

SIZES = (10_000, 1_000_000)


def _measured(folder: str) -> dict[str, Any]:
    with apart.empty_database(folder):
        from tests.benchmarks import registry_costs, registry_rows

        found, filled = {}, 0
        for size in SIZES:
            registry_rows.fill(filled + 1, size, size)
            registry_rows.analyze()
            filled = size
            found[size] = registry_costs.measured(size)
        return {
            "load": os.getloadavg(),
            "cache_mib": registry_rows.cache_mib(),
            "read_whole": _scans(),
            "us": found,
        }


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
    apart.run("registry", _measured)
