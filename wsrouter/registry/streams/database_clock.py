"""The clock of the database, which all processes share: milliseconds since 1970, a
whole number in every database."""

from functools import cache
from typing import Any

from django.db import connections
from django.db.models import BigIntegerField, Func

_SQL = {
    # Not the time at which the statement began: it may have waited for a lock since.
    "postgresql": "CAST(EXTRACT(EPOCH FROM CLOCK_TIMESTAMP()) * 1000 AS BIGINT)",
    "mysql": "(TIMESTAMPDIFF(MICROSECOND, '1970-01-01', UTC_TIMESTAMP(6)) DIV 1000)",
    "sqlite": "CAST((JULIANDAY('now') - 2440587.5) * 86400000 AS INTEGER)",
}


@cache
def sql(using: str) -> str:
    """The expression that reads the clock."""
    return _SQL[connections[using].vendor]


def now(using: str) -> int:
    """What the clock says."""
    with connections[using].cursor() as cursor:
        cursor.execute(f"SELECT {sql(using)}")
        return int(cursor.fetchone()[0])


class Milliseconds(Func):
    """The same in a query: `filter(numbered_ms__lt=Milliseconds() - 5000)`."""

    output_field = BigIntegerField()
    arity = 0

    def as_sql(
        self,
        compiler: Any,
        connection: Any,
        function: str | None = None,
        template: str | None = None,
        arg_joiner: str | None = None,
        **_: Any,
    ) -> Any:
        return sql(connection.alias), ()
