"""Connections with their users, in one statement each that is compiled once.

Django's compiler writes the query and knows how to read each column; compiling it anew
would cost several times what the database does.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from django.db import connections

from wsrouter.models import OpenConnection
from wsrouter.registry import cursors
from wsrouter.setting_caches import cleared_by

_TOLD_BY_FRAMES = (
    "connection_id",
    "gateway",
    "api_id",
    "stage",
    "source_ip",
    "user_agent",
    "connected_at",
)
"""Every event of a connection has them, so that nobody has to ask."""

Converter = tuple[Callable[..., Any], Any]
"""Of a column, with the expression that it is for."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Statement:
    """A compiled query with named parameters, of which `fixed` are always the same.
    `own` are the places of the connection's columns, `theirs` the names of the user's,
    which follow."""

    sql: str
    fixed: Mapping[str, Any]
    own: Mapping[str, int]
    theirs: Sequence[str]
    user: type[Any]
    user_key: int
    converters: Mapping[int, Sequence[Converter]]
    user_converters: Sequence[tuple[int, Converter]]


class Row:
    """A connection as it is stored, with its user. Its own columns are converted when
    they are asked for."""

    def __init__(
        self, statement: Statement, values: Sequence[Any], database: Any
    ) -> None:
        self._statement, self._values, self._database = statement, values, database
        theirs = list(values[len(statement.own) :])
        self.user: Any = None
        if theirs[statement.user_key] is not None:
            for place, (convert, expression) in statement.user_converters:
                theirs[place] = convert(theirs[place], expression, database)
            self.user = statement.user.from_db(database.alias, statement.theirs, theirs)

    def __getitem__(self, name: str) -> Any:
        place = self._statement.own[name]
        value = self._values[place]
        for convert, expression in self._statement.converters.get(place, ()):
            value = convert(value, expression, self._database)
        return value

    def __getattr__(self, name: str) -> Any:
        """As of an OpenConnection. What every message asks for is an item instead: an
        attribute that is not there takes Python longer than the conversion."""
        try:
            return self[name]
        except KeyError:
            raise AttributeError(name) from None


def find(connection_id: str, gateway: str, *, using: str) -> Row | None:
    """What an OpenConnection with its user would tell, or None."""
    return _told(_query(using), connection_id, gateway, using)


def take(connection_id: str, gateway: str, *, using: str) -> Row | None:
    """The same, for the one caller that removes it. Only where `can_take`."""
    return _told(_removal(using), connection_id, gateway, using)


def can_take(using: str) -> bool:
    """Whether the database tells what it deletes: all but MySQL do."""
    return bool(connections[using].features.can_return_columns_from_insert)


def _told(
    statement: Statement, connection_id: str, gateway: str, using: str
) -> Row | None:
    database = connections[using]
    values = {**statement.fixed, "connection_id": connection_id, "gateway": gateway}
    found = cursors.rows(database, statement.sql, values)
    return Row(statement, found[0], database) if found else None


@cleared_by("USE_TZ", "TIME_ZONE", "DATABASES")
@cache
def _query(using: str) -> Statement:
    compiler = _compiler(using, "session_hash", "stored_at", *_TOLD_BY_FRAMES)
    sql, parameters = compiler.as_sql()
    *columns, connection_id, gateway = parameters
    fixed: dict[str, Any] = {}
    names = [*_fix(columns, fixed), connection_id, gateway]
    return _statement(compiler, _named(sql, names), fixed)


@cleared_by("USE_TZ", "TIME_ZONE", "DATABASES")
@cache
def _removal(using: str) -> Statement:
    """What is deleted is told, with the user's columns one by one: no join can be."""
    compiler = _compiler(using, "session_hash")
    compiler.as_sql()
    quoted = compiler.connection.ops.quote_name
    rows = OpenConnection._meta.db_table
    user = f"{quoted(rows)}.{quoted('user_id')}"
    fixed: dict[str, Any] = {}

    def column(expression: Any) -> str:
        meta = expression.target.model._meta
        table = quoted(meta.db_table)
        stored, parameters = compiler.compile(expression)
        told, parameters = expression.select_format(compiler, stored, parameters)
        told = _named(told, _fix(parameters, fixed))
        if meta.model is OpenConnection:
            return told
        which = f"WHERE {table}.{quoted(meta.pk.column)} = {user}"
        return f"(SELECT {told} FROM {table} {which})"  # noqa: S608  # quoted names

    told = ", ".join(column(each[0]) for each in compiler.select)
    mine = f"{quoted('connection_id')} = %(connection_id)s"
    mine += f" AND {quoted('gateway')} = %(gateway)s"
    which = f"WHERE {mine} RETURNING {told}"
    sql = f"DELETE FROM {quoted(rows)} {which}"  # noqa: S608  # quoted names
    return _statement(compiler, sql, fixed)


def _fix(parameters: Iterable[Any], fixed: dict[str, Any]) -> list[str]:
    """The names under which they are in `fixed` now."""
    names = []
    for each in parameters:
        names.append(f"fixed_{len(fixed)}")
        fixed[names[-1]] = each
    return names


def _named(sql: str, names: Iterable[str]) -> str:
    """Django's SQLite needs longer to find the places of nameless values than SQLite
    for the query."""
    return sql.replace("%%", "%%%%") % tuple(f"%({each})s" for each in names)


def _compiler(using: str, *unasked: str) -> Any:
    """With a database connection of its own, which is never opened for long: what is
    compiled keeps hold of it. Each value is the name of its parameter."""
    rows = OpenConnection.objects.select_related("user").defer(*unasked)
    query = rows.filter(connection_id="connection_id", gateway="gateway").query
    return query.get_compiler(connection=connections.create_connection(using))


def _statement(compiler: Any, sql: str, fixed: Mapping[str, Any]) -> Statement:
    expressions = [each[0] for each in compiler.select]
    (theirs,) = compiler.klass_info["related_klass_infos"]
    names = [each.target.attname for each in expressions]
    model, start = theirs["model"], theirs["select_fields"][0]
    converters = {
        place: [(each, expression) for each in functions]
        for place, (functions, expression) in compiler.get_converters(
            expressions
        ).items()
    }
    return Statement(
        sql=sql,
        fixed=fixed,
        own={name: place for place, name in enumerate(names[:start])},
        theirs=names[start:],
        user=model,
        user_key=names[start:].index(model._meta.pk.attname),
        converters=converters,
        user_converters=[
            (place - start, each)
            for place, several in converters.items()
            for each in several
            if place >= start
        ],
    )
