"""Statements for kept events, written once: Django would compile each for each event,
which takes longer than the database does."""

import json
from functools import cache
from typing import Any

from django.db import connections
from django.utils import timezone

from wsrouter.models import KeptEvent
from wsrouter.registry.streams import database_clock, numbering
from wsrouter.registry.streams.numbering import Numbered, StreamKey
from wsrouter.routing.keep import Keep

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
    database = connections[using]
    with database.cursor() as cursor:
        is_numbered = row.seq is not None
        cursor.execute(_insert(using, is_numbered=is_numbered), _values(row))
        if database.features.can_return_columns_from_insert:
            (row.pk,) = cursor.fetchone()
        else:
            row.pk = cursor.lastrowid


def can_insert_numbered(using: str) -> bool:
    """Whether one statement can do both: on PostgreSQL the stream is then locked for
    its time alone, and not for the way to this process and back."""
    return connections[using].vendor == "postgresql"


def insert_numbered(
    row: KeptEvent, key: StreamKey, keep: Keep, *, using: str
) -> Numbered:
    """Take the next number of a stream and store the event with it."""
    values = numbering.upsert_values(key, keep, 1) | _values(row)
    with connections[using].cursor() as cursor:
        cursor.execute(_insert_numbered(using), values)
        row.pk, *stream = cursor.fetchone()
    found = Numbered(*stream)
    row.stream_id, row.seq = found.pk, found.top
    return found


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


def _values(row: KeptEvent) -> dict[str, Any]:
    values = {name: getattr(row, name) for name in _COLUMNS}
    return values | {"excluded": row.excluded and json.dumps(row.excluded)}


@cache
def _insert_numbered(using: str) -> str:
    """The clock is read when the stream has been locked."""
    q, clock = connections[using].ops.quote_name, database_clock.sql(using)
    columns = ", ".join(map(q, (*_COLUMNS, "created_ms", "numbered_ms")))
    values = ", ".join(f"%({name})s" for name in _COLUMNS[2:])
    stream = ", ".join(
        f"stream.{q(name)}" for name in ("id", "public_id", "epoch", "top")
    )
    return (
        f"WITH stream AS ({numbering.upsert(using)}), event AS ("  # noqa: S608  # quoted names
        f" INSERT INTO {q(KeptEvent._meta.db_table)} ({columns})"
        f" SELECT stream.{q('id')}, stream.{q('top')}, {values}, {clock}, {clock}"
        f" FROM stream RETURNING {q('id')})"
        f" SELECT event.{q('id')}, {stream} FROM event, stream"
    )


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
