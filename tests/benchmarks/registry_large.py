"""What the registry costs with 5,000,000 connections in three groups each.

    python -m tests.benchmarks.registry_large [CONNECTIONS]

PostgreSQL alone, in a database of its own, which is dropped afterwards: look-ups,
joins, handshakes, the choice of an event's recipients, and the sweep of `ws_reap`. The
figures go to results/registry_large.json.
"""

import json
import os
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from typing import Any

from tests.benchmarks import apart

RESULTS = Path(__file__).parent / "results" / "registry_large.json"
CONNECTIONS, HANDSHAKES = 5_000_000, 200
TABLES = ("wsrouter_openconnection", "wsrouter_membership", "auth_user")


def _measured(count: int) -> dict[str, Any]:
    with apart.empty_database(""):
        from tests.benchmarks import reaper, registry_costs, registry_rows

        filling = _seconds(lambda: _fill(count))
        return {
            "connections": count,
            "load": os.getloadavg(),
            "cache_mib": registry_rows.cache_mib(),
            "fill_seconds": round(filling),
            "mib": _sizes(),
            "us": registry_costs.measured(count),
            "handshake_ms": _handshakes(),
            "sweeps": reaper.of_size(count),
        }


def _fill(count: int) -> None:
    """Rows as they are after handshakes with sessions. Indexes are built when they are
    all there, and references are not looked up, which saves most of the time."""
    from django.db import connection

    from tests.benchmarks import reaper, registry_rows

    with connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")
        cursor.execute("SET maintenance_work_mem = '512MB'")
        with _without_indexes():
            registry_rows.fill(1, count, count, proof=reaper.proof())
        cursor.execute("SET session_replication_role = DEFAULT")
    registry_rows.analyze()


@contextmanager
def _without_indexes() -> Iterator[None]:
    """They are made again at the end."""
    from django.db import connection

    from wsrouter.models import Membership, OpenConnection

    models: tuple[Any, ...] = (OpenConnection, Membership)
    with connection.schema_editor() as editor:
        for model in models:
            for index in model._meta.indexes:
                editor.remove_index(model, index)
            for constraint in model._meta.constraints:
                editor.remove_constraint(model, constraint)
    yield
    with connection.schema_editor() as editor:
        for model in models:
            for constraint in model._meta.constraints:
                editor.add_constraint(model, constraint)
            for index in model._meta.indexes:
                editor.add_index(model, index)


def _handshakes() -> dict[str, float]:
    """`$connect`s with a session through Django's test client, with their commits."""
    from django.contrib.auth.models import User
    from django.test import Client

    from tests.django.events import Gateway, serving
    from wsrouter import Router

    users = User.objects.order_by("pk")[1000 : 1000 + HANDSHAKES]
    taken, cpu = [], []
    with serving(Router()):
        for user in users:
            browser = Client()
            browser.force_login(user)
            gateway = Gateway(http=browser)
            begun, worked = time.perf_counter(), time.process_time()
            status = gateway.connect().status_code
            cpu.append((time.process_time() - worked) * 1000)
            taken.append((time.perf_counter() - begun) * 1000)
            assert status == 200, status
    return {"wall": round(median(taken), 2), "cpu": round(median(cpu), 2)}


def _sizes() -> dict[str, int]:
    """Of the tables with their indexes."""
    from django.db import connection

    with connection.cursor() as cursor:
        ask = "SELECT pg_total_relation_size(%s) / 1048576"
        found = {}
        for table in TABLES:
            cursor.execute(ask, [table])
            found[table] = int(cursor.fetchone()[0])
    return found


def _seconds(act: Callable[[], object]) -> float:
    begun = time.perf_counter()
    act()
    return time.perf_counter() - begun


if __name__ == "__main__":
    if sys.argv[1:2] == ["--here"]:
        print(json.dumps(_measured(int(sys.argv[2]))))  # noqa: T201
    else:
        found = apart.told(
            "tests.benchmarks.registry_large",
            (sys.argv[1:] or [str(CONNECTIONS)])[0],
            WSROUTER_TEST_DATABASE="postgresql",
            DJANGO_SETTINGS_MODULE="tests.project.settings",
        )
        RESULTS.write_text(json.dumps(found, indent=2) + "\n")
        print(json.dumps(found, indent=2))  # noqa: T201
