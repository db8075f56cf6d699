"""Statements for kept events, written once: Django would compile each for each event,
which takes longer than the database does."""

import json
from functools import cache
from operator import attrgetter
from typing import Any

from django.db import connections
from django.utils import timezone

from wsrouter.models import KeptEvent
from wsrouter.registry import cursors
from wsrouter.registry.streams import database_clock

COLUMNS = (
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
    "trace",
)


def values(row: KeptEvent) -> dict[str, Any]:
    """The values of the columns by their names."""
    found = {name: getattr(row, name) for name in COLUMNS}
    return found | {"excluded": row.excluded and json.dumps(row.excluded)}


def insert(row: KeptEvent, *, using: str) -> None:
    """Store an event, with its number if it has one, and set its primary key."""
    database, is_numbered = connections[using], row.seq is not None
    statement = _insert(using, is_numbered=is_numbered)
    can_return = database.features.can_return_columns_from_insert
    read = _returned_key if can_return else attrgetter("lastrowid")
    row.pk = cursors.executed(database, statement, values(row), read)


def _returned_key(cursor: Any) -> Any:
    ((key,),) = cursor
    return key


def set_number(row: KeptEvent, *, using: str) -> bool:
    """False when it has a number already."""
    given = {"stream": row.stream_id, "seq": row.seq, "row": row.pk}
    return bool(cursors.changed(connections[using], _set_number(using), given))


def mark_posted(row: int, *, using: str) -> None:
    """It has been posted to its audience now. Outside of a transaction, PostgreSQL does
    not wait for its disk: if the mark is lost in a crash, the event is posted again."""
    database, field = connections[using], KeptEvent._meta.get_field("posted_at")
    can_wait = database.vendor == "postgresql" and not database.in_atomic_block
    given: dict[str, Any] = {
        "now": field.get_db_prep_value(timezone.now(), database),
        "row": row,
    }
    cursors.changed(database, _mark_posted(using, can_wait=can_wait), given)


@cache
def _insert(using: str, *, is_numbered: bool) -> str:
    database = connections[using]
    q, clock = database.ops.quote_name, database_clock.sql(using)
    columns = ", ".join(map(q, (*COLUMNS, "created_ms", "numbered_ms")))
    places = ", ".join(f"%({name})s" for name in COLUMNS)
    numbered = clock if is_numbered else "NULL"
    can_return = database.features.can_return_columns_from_insert
    returning = f" RETURNING {q('id')}" if can_return else ""
    return (
        f"INSERT INTO {q(KeptEvent._meta.db_table)} ({columns})"  # noqa: S608  # quoted names
        f" VALUES ({places}, {clock}, {numbered}){returning}"
    )


@cache
def _set_number(using: str) -> str:
    q, clock = connections[using].ops.quote_name, database_clock.sql(using)
    return (
        f"UPDATE {q(KeptEvent._meta.db_table)} SET {q('stream_id')} = %(stream)s,"  # noqa: S608  # quoted names
        f" {q('seq')} = %(seq)s, {q('numbered_ms')} = {clock}"
        f" WHERE {q('id')} = %(row)s AND {q('seq')} IS NULL"
    )


@cache
def _mark_posted(using: str, *, can_wait: bool) -> str:
    q = connections[using].ops.quote_name
    later = " AND SET_CONFIG('synchronous_commit', 'off', TRUE) = 'off'"
    return (
        f"UPDATE {q(KeptEvent._meta.db_table)} SET {q('posted_at')} = %(now)s"  # noqa: S608  # quoted names
        f" WHERE {q('id')} = %(row)s{later if can_wait else ''}"
    )
