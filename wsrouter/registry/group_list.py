"""The names of all groups, page by page, and how many connections are in each."""

from collections.abc import Sequence
from typing import Any

from django.db import connections

from wsrouter.models import Membership
from wsrouter.registry.row_counts import RowCount

MOST = 1000
"""Connections of one group that are counted."""

_FROM_NAME_TO_NAME = (
    "WITH RECURSIVE found(name, place) AS ("
    "SELECT (SELECT {group} FROM {table} WHERE {group} >= %s"
    " ORDER BY {group} LIMIT 1), 1 UNION ALL"
    " SELECT (SELECT {group} FROM {table} WHERE {group} > name"
    " ORDER BY {group} LIMIT 1), place + 1"
    " FROM found WHERE name IS NOT NULL AND place < %s)"
    " SELECT name FROM found WHERE name IS NOT NULL ORDER BY place"
)
"""From the index: a name is found by the one before it, whatever the number of
connections in between."""


def names_from(first: str, size: int, *, using: str) -> list[str]:
    """Up to `size` names of groups, in the database's order, from `first` on."""
    database = connections[using]
    table, group = map(
        database.ops.quote_name, (Membership._meta.db_table, _column("group"))
    )
    if database.vendor == "mysql":  # reads the first entry of each group by itself
        rows = Membership.objects.using(using).filter(group__gte=first)
        names = rows.order_by("group").values_list("group", flat=True).distinct()
        return list(names[:size])
    statement = _FROM_NAME_TO_NAME.format(table=table, group=group)
    with database.cursor() as cursor:
        cursor.execute(statement, [first, size])
        return [name for (name,) in cursor.fetchall()]


def sizes(names: Sequence[str], *, using: str) -> dict[str, RowCount]:
    """How many connections are in groups, in one query; larger groups are estimated
    where the database keeps statistics of its most common values."""
    if not names:
        return {}
    found = {name: _row_count(rows) for name, rows in _counts(names, using)}
    large = [name for name, count in found.items() if count.is_more]
    estimates = _estimates(using) if large else {}
    return found | {
        name: RowCount(rows=estimates[name], is_more=True, is_estimate=True)
        for name in large
        if estimates.get(name, 0) > MOST
    }


def _row_count(rows: int) -> RowCount:
    return RowCount(rows=min(rows, MOST), is_more=rows > MOST)


def _counts(names: Sequence[str], using: str) -> list[tuple[str, int]]:
    statements, values = [], list[Any]()
    for place, name in enumerate(names):
        rows = Membership.objects.using(using).filter(group=name).order_by()
        counted = rows.values("connection_id")[: MOST + 1]
        sql, parameters = counted.query.get_compiler(using).as_sql()
        statements.append(f"SELECT {place}, (SELECT COUNT(*) FROM ({sql}) t)")  # noqa: S608  # the ORM's own
        values += parameters
    with connections[using].cursor() as cursor:
        cursor.execute(" UNION ALL ".join(statements), values)
        return [(names[place], rows) for place, rows in cursor.fetchall()]


def _estimates(using: str) -> dict[str, int]:
    """Of the groups that PostgreSQL's ANALYZE found to be the most common."""
    database = connections[using]
    if database.vendor != "postgresql":
        return {}
    with database.cursor() as cursor:
        cursor.execute(
            "SELECT v.name, (v.share * c.reltuples)::bigint FROM pg_class c"
            " JOIN pg_namespace n ON n.oid = c.relnamespace"
            " JOIN pg_stats s ON s.schemaname = n.nspname AND s.tablename = c.relname"
            " CROSS JOIN LATERAL unnest(s.most_common_vals::text::text[],"
            " s.most_common_freqs) AS v(name, share)"
            " WHERE c.oid = %s::regclass AND s.attname = %s",
            [database.ops.quote_name(Membership._meta.db_table), _column("group")],
        )
        return dict(cursor.fetchall())


def _column(name: str) -> str:
    field: Any = Membership._meta.get_field(name)
    return str(field.column)
