"""A cursor for each open database connection, reused by one statement at a time.

Creating a cursor is a good part of a look-up's time, most of all with psycopg.
"""

from collections.abc import Callable, Mapping
from functools import cache
from operator import attrgetter
from typing import Any, TypeVar

from django.db import connections

from wsrouter.setting_caches import on_change

T = TypeVar("T")
_ATTRIBUTE = "_wsrouter_cursor"
_NO_CURSOR = None, None
_row_count = attrgetter("rowcount")
_FACTORY_METHODS = "cursor", "_cursor", "create_cursor", "make_cursor"


def rows(database: Any, sql: str, values: Mapping[str, Any]) -> list[Any]:
    """All rows of a statement with named parameters, as Django's cursor gives them."""
    # Not `fetchall`, which Django would wrap anew for each call.
    return executed(database, sql, values, list)


def changed(database: Any, sql: str, values: Mapping[str, Any]) -> int:
    """How many rows a statement with named parameters has changed."""
    return int(executed(database, sql, values, _row_count))


def executed(
    database: Any, sql: str, values: Mapping[str, Any], read: Callable[[Any], T]
) -> T:
    """What `read` finds in the cursor that has executed a statement with named
    parameters.

    Where something watches how cursors are created (query logging, a debug toolbar),
    or the backend is not Django's own, a new cursor is created for each statement.
    """
    backend: Any = type(database)
    is_watched = database.queries_logged or "cursor" in vars(database)
    if is_watched or not _creates_cursors_as_django(backend):
        with database.cursor() as new_cursor:
            new_cursor.execute(sql, values)
            return read(new_cursor)
    database.close_if_health_check_failed()
    database.ensure_connection()
    # The cursor is removed while it is in use, because threads may share a connection,
    # as they do in tests.
    opened, cursor = vars(database).pop(_ATTRIBUTE, _NO_CURSOR)
    if cursor is None or opened is not database.connection:
        cursor = database.cursor()
    cursor.execute(sql, values)
    found = read(cursor)
    vars(database)[_ATTRIBUTE] = database.connection, cursor
    return found


@cache
def _creates_cursors_as_django(backend: type[Any]) -> bool:
    """A third-party backend may act whenever a cursor is created, such as choosing the
    schema of a tenant, so its cursors are not reused."""
    modules = (getattr(backend, name).__module__ for name in _FACTORY_METHODS)
    return all(module.startswith("django.") for module in modules)


def _drop_cursors() -> None:
    """A cursor reads every time in the time zone that it was created for."""
    for database in connections.all(initialized_only=True):
        vars(database).pop(_ATTRIBUTE, None)


on_change(_drop_cursors, "USE_TZ", "TIME_ZONE")
