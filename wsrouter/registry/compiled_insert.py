"""Inserts connections by a statement that is written once: to save a model costs three
times what the database does."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from django.db import connections
from django.db.models import CharField, Field, TextField

from wsrouter.models import OpenConnection
from wsrouter.registry import cursors
from wsrouter.registry.new_connection import NewConnection
from wsrouter.setting_caches import cleared_by


@dataclass(frozen=True, slots=True)
class Columns:
    """Of a connection, but for its primary key: table and columns as SQL has them, and
    the parameter of each column's value, by its name."""

    table: str
    quoted: Sequence[str]
    parameters: dict[str, str]
    texts: Sequence[str]
    """Those whose values are passed as they are."""
    adapted: Mapping[str, "Field[Any, Any]"]

    def values(self, row: NewConnection, database: Any) -> dict[str, Any]:
        """Those of the parameters."""
        values = {name: getattr(row, name) for name in self.texts}
        for name, field in self.adapted.items():
            values[name] = field.get_db_prep_save(getattr(row, name), database)
        return values


def insert(row: NewConnection, *, using: str) -> None:
    """Insert a row. Its primary key stays unknown."""
    database = connections[using]
    values = columns(using).values(row, database)
    cursors.changed(database, _statement(using), values)


@cleared_by("DATABASES")
@cache
def columns(using: str) -> Columns:
    """The columns that an insertion names."""
    quoted = connections[using].ops.quote_name
    fields = [
        each for each in OpenConnection._meta.concrete_fields if not each.primary_key
    ]
    texts = [each.attname for each in fields if isinstance(each, CharField | TextField)]
    return Columns(
        table=quoted(OpenConnection._meta.db_table),
        quoted=[quoted(str(each.column)) for each in fields],
        parameters={each.attname: f"%({each.attname})s" for each in fields},
        texts=texts,
        adapted={each.attname: each for each in fields if each.attname not in texts},
    )


@cleared_by("DATABASES")
@cache
def _statement(using: str) -> str:
    its = columns(using)
    names, places = ", ".join(its.quoted), ", ".join(its.parameters.values())
    return f"INSERT INTO {its.table} ({names}) VALUES ({places})"  # noqa: S608  # quoted names
