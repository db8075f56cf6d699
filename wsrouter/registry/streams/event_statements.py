"""Statements for kept events, written once: Django would compile each for each event,
which takes longer than the database does."""

import json
from functools import cache
from typing import Any

from django.db import connections
from django.utils import timezone

from wsrouter.models import KeptEvent
from wsrouter.registry.streams import database_clock

_COLUMNS = (
    "stream_id",
    "seq",
    "gateway",
    "kind",
    "name",
    "event",
    "event_id",
    "payload",
    "excluded",
    "last",
    "seconds",
)


def insert(row: KeptEvent, *, using: str) -> None:
    """Store an event, with its number if it has one, and set its primary key."""
    values = {name: getattr(row, name) for name in _COLUMNS}
    values["excluded"] = row.excluded and json.dumps(row.excluded)
    database = connections[using]
    with database.cursor() as cursor:
        cursor.execute(_insert(using, is_numbered=row.seq is not None), values)
        if database.features.can_return_columns_from_insert:
            (row.pk,) = cursor.fetchone()
        else:
            row.pk = cursor.lastrowid


def set_number(row: KeptEvent, *, using: str) -> bool:
    """False when it has a number already."""
    q, clock = connections[using].ops.quote_name, database_clock.sql(using)
    sql = (
        f"UPDATE {q(KeptEvent._meta.db_table)} SET {q('stream_id')} = %(stream)s,"  # noqa: S608  # quoted names
        f" {q('seq')} = %(seq)s, {q('numbered_ms')} = {clock}"
        f" WHERE {q('id')} = %(row)s AND {q('seq')} IS NULL"
    )
    values = {"stream": row.stream_id, "seq": row.seq, "row": row.pk}
    with connections[using].cursor() as cursor:
        cursor.execute(sql, values)
        return bool(cursor.rowcount)


def mark_posted(row: int, *, using: str) -> None:
    """It has been posted to its audience now."""
    database = connections[using]
    q, field = database.ops.quote_name, KeptEvent._meta.get_field("posted_at")
    sql = (
        f"UPDATE {q(KeptEvent._meta.db_table)} SET {q('posted_at')} = %(now)s"  # noqa: S608  # quoted names
        f" WHERE {q('id')} = %(row)s"
    )
    values: dict[str, Any] = {
        "now": field.get_db_prep_value(timezone.now(), database),
        "row": row,
    }
    with database.cursor() as cursor:
        cursor.execute(sql, values)


@cache
def _insert(using: str, *, is_numbered: bool) -> str:
    database = connections[using]
    q, clock = database.ops.quote_name, database_clock.sql(using)
    columns = ", ".join(map(q, (*_COLUMNS, "created_ms", "numbered_ms")))
    values = ", ".join(f"%({name})s" for name in _COLUMNS)
    numbered = clock if is_numbered else "NULL"
    can_return = database.features.can_return_columns_from_insert
    returning = f" RETURNING {q('id')}" if can_return else ""
    return (
        f"INSERT INTO {q(KeptEvent._meta.db_table)} ({columns})"  # noqa: S608  # quoted names
        f" VALUES ({values}, {clock}, {numbered}){returning}"
    )
