"""Gives an event the next number of its stream: on PostgreSQL in one statement, so that
the stream is locked for its time alone, and not for ways to this process and back."""

from functools import cache
from typing import Any

from django.db import connections

from wsrouter.models import KeptEvent
from wsrouter.registry import cursors
from wsrouter.registry.streams import database_clock, event_statements, numbering
from wsrouter.registry.streams.numbering import Numbered, StreamKey
from wsrouter.routing.keep import Keep


def is_one_statement(using: str) -> bool:
    """Whether each of these is a transaction by itself."""
    return connections[using].vendor == "postgresql"


def key_of(row: KeptEvent) -> StreamKey:
    """The stream that an event belongs to."""
    return StreamKey(row.gateway, row.kind, row.name)


def insert(row: KeptEvent, *, using: str) -> Numbered:
    """Store an event with its number. Its stream is locked until the transaction
    ends."""
    if is_one_statement(using):
        values = numbering.upsert_values(key_of(row), _keep(row), 1)
        values |= event_statements.values(row)
        (found,) = cursors.rows(connections[using], _insert(using), values)
        return _numbered(row, *found)
    stream = _take_number(row, using)
    event_statements.insert(row, using=using)
    return stream


def number(row: KeptEvent, *, using: str) -> Numbered | None:
    """Number an event that is stored. Its stream is locked until the transaction ends.
    None when somebody else has numbered it: the transaction is then to be rolled back,
    since it may have taken a number."""
    if is_one_statement(using):
        values = numbering.values_of_new(key_of(row)) | {"row": row.pk}
        found = cursors.rows(connections[using], _number(using), values)
        return _numbered(row, row.pk, *found[0]) if found else None
    stream = _take_number(row, using)
    return stream if event_statements.set_number(row, using=using) else None


def _take_number(row: KeptEvent, using: str) -> Numbered:
    stream = numbering.give_numbers(key_of(row), _keep(row), 1, using=using)
    row.stream_id, row.seq = stream.pk, stream.top
    return stream


def _keep(row: KeptEvent) -> Keep:
    return Keep(last=row.last, seconds=row.seconds)


def _numbered(row: KeptEvent, pk: int, *stream: Any) -> Numbered:
    found = Numbered(*stream)
    row.pk, row.stream_id, row.seq = pk, found.pk, found.top
    return found


@cache
def _insert(using: str) -> str:
    """The clock is read when the stream has been locked."""
    q, clock = connections[using].ops.quote_name, database_clock.sql(using)
    names = event_statements.COLUMNS
    columns = ", ".join(map(q, (*names, "created_ms", "numbered_ms")))
    values = ", ".join(f"%({name})s" for name in names[2:])
    return (
        f"WITH stream AS ({numbering.upsert(using)}), event AS ("  # noqa: S608  # quoted names
        f" INSERT INTO {q(KeptEvent._meta.db_table)} ({columns})"
        f" SELECT stream.{q('id')}, stream.{q('top')}, {values}, {clock}, {clock}"
        f" FROM stream RETURNING {q('id')})"
        f" SELECT event.{q('id')}, {_stream_columns(using)} FROM event, stream"
    )


@cache
def _number(using: str) -> str:
    """The event is locked before its stream: if it has been numbered meanwhile, no
    number is taken. All statements see what was there when this one began; PostgreSQL
    looks again at a row that it has waited for, and `seq` is counted on from that."""
    q, clock = connections[using].ops.quote_name, database_clock.sql(using)
    table = q(KeptEvent._meta.db_table)
    return (
        f"WITH event AS (SELECT * FROM {table} WHERE {q('id')} = %(row)s"  # noqa: S608  # quoted names
        f" AND {q('seq')} IS NULL FOR UPDATE),"
        f" stream AS ({numbering.upsert(using, of_event=True)})"
        f" UPDATE {table} SET {q('stream_id')} = stream.{q('id')},"
        f" {q('seq')} = stream.{q('top')}, {q('numbered_ms')} = {clock}"
        f" FROM stream WHERE {table}.{q('id')} = %(row)s"
        f" RETURNING {_stream_columns(using)}"
    )


def _stream_columns(using: str) -> str:
    q = connections[using].ops.quote_name
    names = ("id", "public_id", "epoch", "top")
    return ", ".join(f"stream.{q(name)}" for name in names)
