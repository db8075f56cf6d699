"""The one query of a message: its connection and the user, compiled once.

Django's compiler writes the statement and knows how to read each column; compiling it
anew would cost several times what the database does.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from types import SimpleNamespace
from typing import Any

from django.core.signals import setting_changed
from django.db import connections

from wsrouter.models import OpenConnection

_UNASKED = ("session_hash", "stored_at")


@dataclass(frozen=True, kw_only=True, slots=True)
class Statement:
    """A compiled query with named parameters. `own` are the columns of the connection,
    `theirs` those of the user; a converter has the place of its column and the
    expression it is for."""

    sql: str
    own: Sequence[str]
    theirs: Sequence[str]
    user: type[Any]
    user_key: int
    converters: Sequence[tuple[int, Callable[..., Any], Any]]


def find(connection_id: str, gateway: str, *, using: str) -> Any | None:
    """What an OpenConnection with its user would tell, or None."""
    statement = _statement(using)
    database = connections[using]
    values = {"connection_id": connection_id, "gateway": gateway}
    with database.cursor() as cursor:
        cursor.execute(statement.sql, values)
        found = cursor.fetchone()
    if found is None:
        return None
    row = list(found)
    for place, convert, expression in statement.converters:
        row[place] = convert(row[place], expression, database)
    return _read(statement, row, using)


def _read(statement: Statement, row: list[Any], using: str) -> SimpleNamespace:
    theirs = row[len(statement.own) :]
    known = theirs[statement.user_key] is not None
    user = statement.user.from_db(using, statement.theirs, theirs) if known else None
    return SimpleNamespace(**dict(zip(statement.own, row, strict=False)), user=user)


@cache
def _statement(using: str) -> Statement:
    """Compiled with a database connection of its own, which is never opened for long:
    the converters keep hold of it."""
    compiler = _query().get_compiler(connection=connections.create_connection(using))
    sql, parameters = compiler.as_sql()
    info, expressions = compiler.klass_info, [each[0] for each in compiler.select]
    (theirs,) = info["related_klass_infos"]
    names = [each.target.attname for each in expressions]
    model, start = theirs["model"], theirs["select_fields"][0]
    converters = compiler.get_converters(expressions)
    return Statement(
        sql=sql.replace("%%", "%%%%") % tuple(f"%({each})s" for each in parameters),
        own=names[:start],
        theirs=names[start:],
        user=model,
        user_key=names[start:].index(model._meta.pk.attname),
        converters=[
            (place, convert, expression)
            for place, (functions, expression) in converters.items()
            for convert in functions
        ],
    )


def _query() -> Any:
    """Each value is the name of its parameter. Django's SQLite needs longer to find
    the places of nameless ones than SQLite for the query."""
    rows = OpenConnection.objects.select_related("user").defer(*_UNASKED)
    return rows.filter(connection_id="connection_id", gateway="gateway").query


def _forget(*, setting: str, **_: Any) -> None:
    if setting in ("USE_TZ", "TIME_ZONE", "DATABASES"):
        _statement.cache_clear()


setting_changed.connect(_forget)
