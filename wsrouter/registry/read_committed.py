"""The isolation level of transactions that wait for a lock and then read."""

from typing import Any

from django.db import connections

from wsrouter.registry.database import alias

_READ_COMMITTED = "SET TRANSACTION ISOLATION LEVEL READ COMMITTED"


def read_committed() -> None:
    """Call it first in a transaction. At a higher level, PostgreSQL gives up one of two
    that wait for the same row. It does nothing where an application's test has a
    transaction open around this one."""
    database: Any = connections[alias()]
    if is_above() and not database.savepoint_ids:
        with database.cursor() as cursor:
            cursor.execute(_READ_COMMITTED)


def is_above() -> bool:
    """Whether transactions on PostgreSQL have a higher level by the settings."""
    database: Any = connections[alias()]
    if database.vendor != "postgresql":
        return False
    from django.db.backends.postgresql.psycopg_any import IsolationLevel

    database.ensure_connection()  # which reads the level
    return bool(database.isolation_level != IsolationLevel.READ_COMMITTED)
