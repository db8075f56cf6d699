"""Reads connections with their users, by SQL statements that are compiled once.

Django's compiler writes the query and knows how to convert each column. Compiling the
query for each message would cost several times what the database does.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Any, NamedTuple

from django.db import connections
from django.db.models import Exists, OuterRef

from wsrouter.models import OpenConnection
from wsrouter.registry import cursors, listed_users
from wsrouter.registry.compiled_query import NamedParameters, Parameter, compiler_of
from wsrouter.setting_caches import cleared_by

_FRAME_COLUMNS = (
    "connection_id",
    "gateway",
    "api_id",
    "stage",
    "source_ip",
    "user_agent",
    "connected_at",
)
"""Every frame carries these values, so that a look-up need not read them."""

_DEFERRED = ("password_digest", "session_hash", "stored_at", *_FRAME_COLUMNS)
_IS_LISTED = "is_listed"
_NONE: Mapping[str, Any] = {}

Converter = tuple[Callable[..., Any], Any]
"""A function that converts a column's value, and the column's expression."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Statement:
    """A compiled query with named parameters. `constants` are the parameters that never
    change. The connection's columns, whose places are `columns`, come first; those of
    the user, whose names are `user_columns`, follow."""

    sql: str
    constants: Mapping[str, Any]
    columns: Mapping[str, int]
    first_of_user: int
    user_columns: Sequence[str]
    user_model: type[Any]
    user_pk_place: int
    listed_place: int | None
    """The place of whether the default manager lists the user; None where it lists
    all."""
    converters: Mapping[int, Sequence[Converter]]
    user_converters: Sequence[tuple[int, Converter]]


Annotations = Callable[[str], Mapping[str, Any]]
"""More values of a look-up, by their names, for the database of that alias."""


class Columns(NamedTuple):
    """What a look-up reads besides the usual columns, and which of those it leaves
    out, by their names in a query of connections."""

    added: Annotations = lambda _: {}
    left_out: tuple[str, ...] = ()


_USUAL = Columns()


class Row:
    """A stored connection with its user. The connection's columns are converted when
    they are read."""

    def __init__(
        self, statement: Statement, values: Sequence[Any], database: Any
    ) -> None:
        self._statement, self._values, self._database = statement, values, database
        user_values = list(values[statement.first_of_user :])
        self.user: Any = None
        if user_values[statement.user_pk_place] is not None:
            for place, (convert, expression) in statement.user_converters:
                user_values[place] = convert(user_values[place], expression, database)
            self.user = statement.user_model.from_db(
                database.alias, statement.user_columns, user_values
            )

    @property
    def is_user_hidden(self) -> bool:
        """Whether the user model's default manager does not list the user."""
        place = self._statement.listed_place
        return place is not None and self.user is not None and not self._values[place]

    def __getitem__(self, name: str) -> Any:
        place = self._statement.columns[name]
        value = self._values[place]
        for convert, expression in self._statement.converters.get(place, ()):
            value = convert(value, expression, self._database)
        return value

    def __getattr__(self, name: str) -> Any:
        """The attributes of an OpenConnection. What every message needs is read as an
        item instead: a failed attribute look-up takes Python longer than the
        conversion."""
        try:
            return self[name]
        except KeyError:
            raise AttributeError(name) from None


def find(
    connection_id: str,
    gateway: str,
    *,
    using: str,
    columns: Columns = _USUAL,
    values: Mapping[str, Any] = _NONE,
) -> Row | None:
    """The connection of that id and its user; None when it is not stored. The row has
    what `columns` add, by its name; they are compiled once, too. `values` are those of
    their parameters."""
    statement = _select_statement(using, columns)
    if not listed_users.are_all_listed():
        statement = _select_statement_with_listed(using, columns)
    return _fetch(statement, connection_id, gateway, using, values)


def delete_returning(connection_id: str, gateway: str, *, using: str) -> Row | None:
    """Delete a connection and return it. Of several simultaneous calls one gets the row
    and the others get None. Only where `can_delete_returning`."""
    return _fetch(_delete_statement(using), connection_id, gateway, using)


def can_delete_returning(using: str) -> bool:
    """Whether the database has DELETE ... RETURNING: all but MySQL have."""
    return bool(connections[using].features.can_return_columns_from_insert)


def _fetch(
    statement: Statement,
    connection_id: str,
    gateway: str,
    using: str,
    more: Mapping[str, Any] = _NONE,
) -> Row | None:
    database = connections[using]
    key = {"connection_id": connection_id, "gateway": gateway}
    values = {**statement.constants, **more, **key}
    found = cursors.rows(database, statement.sql, values)
    return Row(statement, found[0], database) if found else None


@cleared_by("USE_TZ", "TIME_ZONE", "DATABASES")
@cache
def _select_statement(using: str, columns: Columns) -> Statement:
    return _compiled_select(using, columns)


def _select_statement_with_listed(using: str, columns: Columns) -> Statement:
    """The same where the user model's default manager hides users. What it filters by
    may change at any moment, such as a time, so this is compiled anew unless the filter
    equals an earlier one."""
    where = listed_users.simple_filter()
    if where is None:
        return _compile_with_listed(using, columns)
    return _statement_with_filter(using, columns, where)


@cleared_by("USE_TZ", "TIME_ZONE", "DATABASES", "AUTH_USER_MODEL")
@lru_cache(maxsize=64)
def _statement_with_filter(using: str, columns: Columns, _: Any) -> Statement:
    return _compile_with_listed(using, columns)


def _compile_with_listed(using: str, columns: Columns) -> Statement:
    is_listed = Exists(listed_users.rows().filter(pk=OuterRef("user_id")))
    return _compiled_select(using, columns, **{_IS_LISTED: is_listed})


def _compiled_select(using: str, columns: Columns, **more: Any) -> Statement:
    left_out, added = (*_DEFERRED, *columns.left_out), columns.added(using)
    compiler, parameters = (
        _compiler(using, *left_out, **added, **more),
        NamedParameters(),
    )
    sql = parameters.named(*compiler.as_sql())
    return _statement(compiler, sql, parameters)


@cleared_by("USE_TZ", "TIME_ZONE", "DATABASES")
@cache
def _delete_statement(using: str) -> Statement:
    """RETURNING allows no join, so each column of the user is read by a subquery."""
    compiler = _compiler(using, "password_digest", "session_hash")
    compiler.as_sql()
    quoted = compiler.connection.ops.quote_name
    rows = OpenConnection._meta.db_table
    user = f"{quoted(rows)}.{quoted('user_id')}"
    parameters = NamedParameters()

    def returned(expression: Any) -> str:
        meta = expression.target.model._meta
        table = quoted(meta.db_table)
        compiled = compiler.compile(expression)
        sql = parameters.named(*expression.select_format(compiler, *compiled))
        if meta.model is OpenConnection:
            return sql
        where = f"WHERE {table}.{quoted(meta.pk.column)} = {user}"
        return f"(SELECT {sql} FROM {table} {where})"  # noqa: S608  # quoted names

    columns = ", ".join(returned(selected[0]) for selected in compiler.select)
    where = f"WHERE {quoted('connection_id')} = %(connection_id)s"
    where += f" AND {quoted('gateway')} = %(gateway)s RETURNING {columns}"
    sql = f"DELETE FROM {quoted(rows)} {where}"  # noqa: S608  # quoted names
    return _statement(compiler, sql, parameters)


def _compiler(using: str, *deferred: str, **annotations: Any) -> Any:
    """The compiler of a look-up without the `deferred` columns."""
    rows = OpenConnection.objects.select_related("user").defer(*deferred)
    rows = rows.annotate(**annotations)
    place = {name: Parameter(name) for name in ("connection_id", "gateway")}
    return compiler_of(rows.filter(**place), using=using)


def _statement(compiler: Any, sql: str, parameters: NamedParameters) -> Statement:
    expressions = [selected[0] for selected in compiler.select]
    (user,) = compiler.klass_info["related_klass_infos"]
    names = [
        annotation or expression.target.attname
        for expression, _, annotation in compiler.select
    ]
    user_model, start = user["model"], user["select_fields"][0]
    converters = {
        place: [(convert, expression) for convert in functions]
        for place, (functions, expression) in compiler.get_converters(
            expressions
        ).items()
    }
    return Statement(
        sql=sql,
        constants=parameters.constants,
        columns={name: place for place, name in enumerate(names[:start])},
        first_of_user=start,
        listed_place=names.index(_IS_LISTED) if _IS_LISTED in names else None,
        user_columns=names[start:],
        user_model=user_model,
        user_pk_place=names[start:].index(user_model._meta.pk.attname),
        converters=converters,
        user_converters=[
            (place - start, converter)
            for place, of_column in converters.items()
            for converter in of_column
            if place >= start
        ],
    )
