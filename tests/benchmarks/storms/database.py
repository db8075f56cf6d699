"""A database of its own on the PostgreSQL of the tests, and what its server works."""

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import psycopg

from tests.databases import POSTGRESQL

_TICKS = os.sysconf("SC_CLK_TCK")


@contextmanager
def created(name: str) -> Iterator[str]:
    """Dropped at the end, whoever is still connected."""
    with psycopg.connect(POSTGRESQL, autocommit=True) as server:
        server.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
        server.execute(f'CREATE DATABASE "{name}"')
        try:
            yield name
        finally:
            server.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')


def cpu() -> float:
    """Seconds that the server's processes on this machine have worked so far, those
    that have ended included; 0 where it runs elsewhere."""
    return sum(_seconds(each) for each in Path("/proc").glob("[0-9]*"))


def _seconds(process: Path) -> float:
    with suppress(OSError):  # a process that has ended meanwhile
        if (process / "comm").read_text().strip() == "postgres":
            fields = (process / "stat").read_text().rpartition(")")[2].split()
            return sum(map(int, fields[11:15])) / _TICKS
    return 0.0
