"""Counts the rows that the database gives back."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.db import connection
from django.db.models import Model


@contextmanager
def rows_read(*models: type[Model]) -> Iterator[list[int]]:
    """How many rows each SELECT from these tables has read."""
    read: list[int] = []
    tables = [connection.ops.quote_name(model._meta.db_table) for model in models]

    def note(execute: Any, sql: str, values: Any, many: bool, context: Any) -> Any:
        done = execute(sql, values, many, context)
        if sql.startswith("SELECT") and any(f"FROM {table}" in sql for table in tables):
            read.append(_rows(context["cursor"].rowcount, sql, values))
        return done

    with connection.execute_wrapper(note):
        yield read


def _rows(count: int, sql: str, values: Any) -> int:
    if count >= 0:
        return count
    counted = f"SELECT COUNT(*) FROM ({sql.replace('%s', '?')})"  # SQLite is silent
    found = connection.connection.execute(counted, values).fetchone()
    return int(found[0])
