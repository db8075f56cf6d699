"""What a sweep of the reaper costs where nothing has ended, and where a thousand
connections have, at 10,000 and at 1,000,000 connections.

    python -m tests.benchmarks.reaper [sqlite|postgresql|mysql ...]

CPU seconds of this process and of the database's (where its process is on this
machine), statements, and rows that were read. The figures go to results/reaper.json.
"""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from time import perf_counter, process_time
from typing import Any

from tests.benchmarks import apart

SIZES = (10_000, 1_000_000)
OF_EACH = 250
"""Connections that end in each of four ways."""
_TICKS = os.sysconf("SC_CLK_TCK")


def _measured(folder: str) -> dict[str, Any]:
    with apart.empty_database(folder):
        from tests.benchmarks import registry_rows

        found, filled = {}, 0
        for size in SIZES:
            registry_rows.fill(filled + 1, size, size, proof=proof())
            registry_rows.analyze()
            filled = size
            found[size] = of_size(size)
        return {
            "load": os.getloadavg(),
            "cache_mib": registry_rows.cache_mib(),
            "sweeps": found,
        }


def proof() -> tuple[str, str]:
    """As a handshake with a session leaves the rows. All passwords are the same: a
    process that remembers what it has verified does so once."""
    from django.contrib.auth.models import User

    from tests.benchmarks import registry_rows
    from wsrouter.identity import identity_of, password_digest

    user = User(password=registry_rows.PASSWORD)
    return identity_of(user).auth_hash, password_digest(user)


def of_size(size: int) -> dict[str, Any]:
    from wsrouter.delivery.memory import MemoryTransport
    from wsrouter.testing.substitution import substituted

    with substituted(transport=MemoryTransport(), secret=""):
        first = _sweep(0)
        nothing = _sweep(0)
        for end in _endings(size):
            end()
        some = _sweep(4 * OF_EACH)
    return {"first": first, "nothing has ended": nothing, "1,000 have ended": some}


def _endings(size: int) -> list[Callable[[], object]]:
    """Four ranges of users, ten connections each, from the middle of the registry."""
    from django.contrib.auth.models import User
    from django.utils import timezone

    from tests.benchmarks.registry_rows import PER_USER
    from wsrouter.models import EndedSession, OpenConnection

    begin, number = size // PER_USER // 2, OF_EACH // PER_USER
    users = [User.objects.filter(pk__range=each) for each in _ranges(begin, number, 2)]
    rows = [
        OpenConnection.objects.filter(user__gte=each[0], user__lte=each[1])
        for each in _ranges(begin + 2 * number, number, 2)
    ]
    now = timezone.now()

    def end_sessions() -> None:
        hashes = rows[0].values_list("session_hash", flat=True)
        EndedSession.objects.bulk_create(
            EndedSession(session_hash=each, ended_at=now) for each in hashes
        )

    return [
        lambda: users[0].update(is_active=False),
        lambda: users[1].update(password="another"),
        end_sessions,
        lambda: rows[1].update(expires_at=now - timedelta(seconds=1)),
    ]


def _ranges(first: int, number: int, count: int) -> list[tuple[int, int]]:
    return [
        (first + place * number, first + (place + 1) * number - 1)
        for place in range(count)
    ]


def _sweep(expected: int) -> dict[str, float]:
    from wsrouter.ops import reaper

    with _counted() as seen:
        server, cpu, clock = _server_cpu(), process_time(), perf_counter()
        report = reaper.reap(checks=0, rate=1)
        clock, cpu = perf_counter() - clock, process_time() - cpu
        server = _server_cpu() - server
    assert report.lifetime + report.ended == expected, report
    return {
        "cpu_s": round(cpu, 3),
        "server_cpu_s": round(server, 2),
        "clock_s": round(clock, 2),
        "statements": seen["statements"],
        "rows": seen["rows"],
    }


@contextmanager
def _counted() -> Iterator[dict[str, int]]:
    """Statements, and the rows that came back."""
    from django.db.backends.utils import CursorWrapper

    seen = {"statements": 0, "rows": 0}
    execute = CursorWrapper.execute

    def noted(self: Any, sql: str, params: Any = None) -> Any:
        done = execute(self, sql, params)
        seen["statements"] += 1
        if sql.startswith("SELECT"):
            seen["rows"] += max(0, self.cursor.rowcount)
        return done

    CursorWrapper.execute = noted  # type: ignore[method-assign]
    try:
        yield seen
    finally:
        CursorWrapper.execute = execute  # type: ignore[method-assign]


def _server_cpu() -> float:
    """Of PostgreSQL's process for this connection, or of MariaDB's server."""
    from django.db import connection

    ask = {"postgresql": "SELECT pg_backend_pid()", "mysql": "SELECT @@pid_file"}
    if connection.vendor not in ask:
        return 0.0
    with connection.cursor() as cursor:
        cursor.execute(ask[connection.vendor])
        found = cursor.fetchone()[0]
    if connection.vendor == "mysql":
        found = _mariadb()
    fields = Path(f"/proc/{found}/stat").read_text().rpartition(")")[2]
    return sum(map(int, fields.split()[11:13])) / _TICKS


def _mariadb() -> str:
    names = ((each.parent, each.read_text()) for each in Path("/proc").glob("*/comm"))
    return next(place.name for place, name in names if name.strip() == "mariadbd")


if __name__ == "__main__":
    apart.run("reaper", _measured)
