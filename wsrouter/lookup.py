"""Connections with their users, in one statement each that is compiled once.

Django's compiler writes the query and knows how to read each column; compiling it anew
would cost several times what the database does.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from types import SimpleNamespace
from typing import Any

from django.core.signals import setting_changed
from django.db import connections

from wsrouter.models import OpenConnection


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
    return _told(_query(using), connection_id, gateway, using)


def take(connection_id: str, gateway: str, *, using: str) -> Any | None:
    """The same, for the one caller that removes it. Only where `can_take`."""
    return _told(_removal(using), connection_id, gateway, using)


def can_take(using: str) -> bool:
    """Whether the database tells what it deletes: all but MySQL do."""
    return bool(connections[using].features.can_return_columns_from_insert)


def _told(
    statement: Statement, connection_id: str, gateway: str, using: str
) -> Any | None:
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
def _query(using: str) -> Statement:
    compiler = _compiler(using, "session_hash", "stored_at")
    sql, parameters = compiler.as_sql()
    # Django's SQLite needs longer to find the places of nameless values than SQLite
    # for the query.
    named = sql.replace("%%", "%%%%") % tuple(f"%({each})s" for each in parameters)
    return _statement(compiler, named)


@cache
def _removal(using: str) -> Statement:
    """What is deleted is told, with the user's columns one by one: no join can be."""
    compiler = _compiler(using, "session_hash")
    compiler.as_sql()
    quoted = compiler.connection.ops.quote_name
    rows = OpenConnection._meta.db_table
    user = f"{quoted(rows)}.{quoted('user_id')}"

    def column(expression: Any) -> str:
        field, meta = expression.target, expression.target.model._meta
        if meta.model is OpenConnection:
            return f"{quoted(rows)}.{quoted(field.column)}"
        return (
            f"(SELECT {quoted(field.column)} FROM "  # noqa: S608  # quoted names
            f"{quoted(meta.db_table)} WHERE {quoted(meta.pk.column)} = {user})"
        )

    told = ", ".join(column(each[0]) for each in compiler.select)
    mine = f"{quoted('connection_id')} = %(connection_id)s"
    mine += f" AND {quoted('gateway')} = %(gateway)s"
    which = f"WHERE {mine} RETURNING {told}"
    sql = f"DELETE FROM {quoted(rows)} {which}"  # noqa: S608  # quoted names
    return _statement(compiler, sql)


def _compiler(using: str, *unasked: str) -> Any:
    """With a database connection of its own, which is never opened for long: what is
    compiled keeps hold of it. Each value is the name of its parameter."""
    rows = OpenConnection.objects.select_related("user").defer(*unasked)
    query = rows.filter(connection_id="connection_id", gateway="gateway").query
    return query.get_compiler(connection=connections.create_connection(using))


def _statement(compiler: Any, sql: str) -> Statement:
    expressions = [each[0] for each in compiler.select]
    (theirs,) = compiler.klass_info["related_klass_infos"]
    names = [each.target.attname for each in expressions]
    model, start = theirs["model"], theirs["select_fields"][0]
    converters = compiler.get_converters(expressions)
    return Statement(
        sql=sql,
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


def _forget(*, setting: str, **_: Any) -> None:
    if setting in ("USE_TZ", "TIME_ZONE", "DATABASES"):
        _query.cache_clear()
        _removal.cache_clear()


setting_changed.connect(_forget)
