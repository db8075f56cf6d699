"""How many rows there are, without counting millions: exactly up to a limit, and above
it as the database estimates."""

from dataclasses import dataclass
from typing import Any

from django.db import connections
from django.db.models import Model, QuerySet

MOST = 10_000
"""Rows that are counted for one page."""


@dataclass(frozen=True, kw_only=True, slots=True)
class RowCount:
    """A number of rows. When there are more than were counted, `rows` is the limit or,
    with `is_estimate`, what the database's statistics say."""

    rows: int
    is_more: bool = False
    is_estimate: bool = False

    def __str__(self) -> str:
        if self.is_estimate:
            return f"about {self.rows:,}"
        return f"more than {self.rows:,}" if self.is_more else f"{self.rows:,}"


def counted(rows: "QuerySet[Any]", column: str = "pk", most: int = MOST) -> RowCount:
    """The number of rows; reads `most` + 1 of them at most. With a `column` of the
    index that finds the rows, it reads the index alone."""
    found = rows.order_by().values(column)[: most + 1].count()
    return RowCount(rows=min(found, most), is_more=found > most)


def counted_or_estimated(model: type[Model], using: str) -> RowCount:
    """The number of all rows of a table."""
    estimate = _estimate(model._meta.db_table, using)
    if estimate > MOST:
        return RowCount(rows=estimate, is_more=True, is_estimate=True)
    return counted(model._base_manager.using(using).all())


def _estimate(table: str, using: str) -> int:
    """As of the last ANALYZE or VACUUM; 0 where the database has no estimate that is
    cheap to read."""
    database = connections[using]
    if database.vendor != "postgresql":
        return 0
    with database.cursor() as cursor:
        cursor.execute(
            "SELECT reltuples FROM pg_class WHERE oid = %s::regclass",
            [database.ops.quote_name(table)],
        )
        return int(cursor.fetchone()[0])
