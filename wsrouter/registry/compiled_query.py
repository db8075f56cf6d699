"""Queries that Django compiles once, to be run many times with other values.

Django's compiler writes the SQL and knows how to convert each column. To compile a
query each time would cost several times what the database does.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import connections
from django.db.models import Field, QuerySet
from django.db.models.expressions import Expression

from wsrouter.registry import cursors


class Parameter(Expression):
    """Stands in a query for a value that is given when it is run. The value is adapted
    to the database as `field` adapts it; without a field, it is passed as it is."""

    def __init__(self, name: str, field: "Field[Any, Any] | None" = None) -> None:
        super().__init__()
        self.name, self.stored_as = name, field

    def as_sql(self, compiler: Any, connection: Any) -> Any:
        return "%s", [self]


class NamedParameters:
    """The named parameters of a statement, in the place of Django's positional ones:
    those would make its SQLite backend parse the statement each time, which takes
    longer than SQLite needs for the query. `constants` are those that never change."""

    def __init__(self) -> None:
        self.constants: dict[str, Any] = {}
        self.fields: dict[str, Field[Any, Any] | None] = {}

    def named(self, sql: str, parameters: Iterable[Any]) -> str:
        """The SQL with a name for each of its parameters."""
        names = [f"%({self._name(value)})s" for value in parameters]
        return sql.replace("%%", "%%%%") % tuple(names)

    def _name(self, value: Any) -> str:
        if isinstance(value, Parameter):
            self.fields[value.name] = value.stored_as
            return value.name
        name = f"constant_{len(self.constants)}"
        self.constants[name] = value
        return name


@dataclass(frozen=True, kw_only=True, slots=True)
class CompiledQuery:
    """A query of values, with named parameters: `fields` adapt those that are given,
    and `converters` convert columns, each by its place."""

    sql: str
    constants: Mapping[str, Any]
    fields: Mapping[str, "Field[Any, Any] | None"]
    converters: Sequence[tuple[int, Any, Any]]

    def rows(self, values: Mapping[str, Any], *, using: str) -> list[tuple[Any, ...]]:
        """All rows, with these values for the parameters."""
        database = connections[using]
        given = dict(self.constants)
        for name, field in self.fields.items():
            value = values[name]
            given[name] = field.get_db_prep_value(value, database) if field else value
        found = cursors.rows(database, self.sql, given)
        if not self.converters:
            return found
        return [self._converted(row, database) for row in found]

    def _converted(self, row: Sequence[Any], database: Any) -> tuple[Any, ...]:
        values = list(row)
        for place, convert, expression in self.converters:
            values[place] = convert(values[place], expression, database)
        return tuple(values)


def compiled(rows: "QuerySet[Any, Any]", *, using: str) -> CompiledQuery:
    """Compile a query of `values_list`; it is not run."""
    compiler = compiler_of(rows, using=using)
    parameters = NamedParameters()
    sql = parameters.named(*compiler.as_sql())
    converters = compiler.get_converters([column[0] for column in compiler.select])
    return CompiledQuery(
        sql=sql,
        constants=parameters.constants,
        fields=parameters.fields,
        converters=[
            (place, convert, expression)
            for place, (functions, expression) in converters.items()
            for convert in functions
        ],
    )


def compiler_of(rows: "QuerySet[Any, Any]", *, using: str) -> Any:
    """A compiler keeps a reference to its database connection, so it gets one of its
    own, which is never opened for long."""
    return rows.query.get_compiler(connection=connections.create_connection(using))
