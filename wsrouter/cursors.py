"""A cursor for each open database connection, lent to one statement at a time.

To make one anew is a good part of a look-up, most of all for psycopg.
"""

from collections.abc import Mapping
from functools import cache
from typing import Any

from django.core.signals import setting_changed
from django.db import connections

_KEPT = "_wsrouter_cursor"
_NONE = None, None
_MAKERS = ("cursor", "_cursor", "create_cursor", "make_cursor")


def rows(database: Any, sql: str, values: Mapping[str, Any]) -> list[Any]:
    """All rows of a statement with named parameters, as Django's cursor gives them.
    Whoever watches the cursors of a connection gets one of its own."""
    if (
        database.queries_logged
        or "cursor" in vars(database)
        or not _is_usual(type(database))  # type: ignore[arg-type]  # hashable
    ):
        with database.cursor() as watched:
            watched.execute(sql, values)
            return list(watched)
    database.close_if_health_check_failed()
    database.ensure_connection()
    # Taken away while it is in use: threads may share a connection (in tests they do).
    opened, cursor = vars(database).pop(_KEPT, _NONE)
    if cursor is None or opened is not database.connection:
        cursor = database.cursor()
    cursor.execute(sql, values)
    found = list(cursor)  # Django would wrap a `fetchall` anew each time
    vars(database)[_KEPT] = database.connection, cursor
    return found


@cache
def _is_usual(kind: type[Any]) -> bool:
    """Whether Django alone makes the cursors. A backend that does so itself may have
    its reasons for each: one with a schema for each tenant chooses it then."""
    makers = [getattr(kind, name) for name in _MAKERS]
    return all(str(each.__module__).startswith("django.") for each in makers)


def _forget(*, setting: str, **_: Any) -> None:
    """A cursor knows in which time zone moments are told."""
    if setting in ("USE_TZ", "TIME_ZONE"):
        for database in connections.all(initialized_only=True):
            vars(database).pop(_KEPT, None)


setting_changed.connect(_forget)
