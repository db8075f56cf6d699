"""A cursor for each open database connection, lent to one statement at a time.

To make one anew is a good part of a look-up, most of all for psycopg.
"""

from collections.abc import Mapping
from functools import cache
from typing import Any

from django.db import connections

from wsrouter.setting_caches import on_change

_KEPT = "_wsrouter_cursor"
_NONE = None, None
_MAKING = "cursor", "_cursor", "create_cursor", "make_cursor"


def rows(database: Any, sql: str, values: Mapping[str, Any]) -> list[Any]:
    """All rows of a statement with named parameters, as Django's cursor gives them.
    Whoever watches how cursors are made sees one made each time."""
    kind: Any = type(database)
    watched = database.queries_logged or "cursor" in vars(database)
    if watched or not _is_djangos(kind):
        with database.cursor() as made:
            made.execute(sql, values)
            return list(made)
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
def _is_djangos(kind: type[Any]) -> bool:
    """A backend of another's may act whenever a cursor is made, such as choosing the
    schema of a tenant."""
    made = (getattr(kind, name).__module__ for name in _MAKING)
    return all(module.startswith("django.") for module in made)


def _drop_cursors() -> None:
    """A cursor was made for one time zone and reads every time in it."""
    for database in connections.all(initialized_only=True):
        vars(database).pop(_KEPT, None)


on_change(_drop_cursors, "USE_TZ", "TIME_ZONE")
