"""Rows of streams: the SQL that makes one, and gives out its next number."""

import base64
import secrets
from collections.abc import Iterable
from functools import cache
from typing import Any, NamedTuple

from django.contrib.auth import get_user_model
from django.db import connections

from wsrouter.models import Stream
from wsrouter.registry import cursors
from wsrouter.registry.database import alias
from wsrouter.registry.streams import database_clock
from wsrouter.routing.keep import Keep
from wsrouter.wire.stream_frames import StreamPosition

GROUP, USER = Stream.Kind.GROUP.value, Stream.Kind.USER.value


class StreamKey(NamedTuple):
    """Whose events a stream has: those of a group, or of a user by the text of the
    primary key."""

    gateway: str
    kind: str
    name: str


class Numbered(NamedTuple):
    """A stream after it has given out numbers; `top` is the last of them."""

    pk: int
    public_id: str
    epoch: str
    top: int

    def position(self, seq: int) -> StreamPosition:
        return StreamPosition(self.public_id, self.epoch, seq)


def new_epoch() -> str:
    return secrets.token_hex(4)


def give_numbers(key: StreamKey, keep: Keep, count: int, *, using: str) -> Numbered:
    """Take `count` numbers and lock the stream until the transaction ends; make its row
    where there is none."""
    values = upsert_values(key, keep, count)
    database = connections[using]
    if database.features.can_return_columns_from_insert:
        (found,) = cursors.rows(database, upsert(using), values)
    else:
        cursors.changed(database, upsert(using), values)
        (found,) = cursors.rows(database, _select(using), values)
    return Numbered(*found)


def make(keys: Iterable[StreamKey], *, using: str) -> None:
    """Make the rows that are missing: an empty stream has an epoch, too."""
    nothing = Keep(last=1, seconds=1)
    for key in sorted(keys):
        values = upsert_values(key, nothing, 0)
        cursors.changed(connections[using], _insert_missing(using), values)


_COLUMNS = (
    "public_id",
    "gateway",
    "kind",
    "name",
    "user_id",
    "epoch",
    "top",
    "last",
    "seconds",
)
_OF_EVENT = ("gateway", "kind", "name", "last", "seconds")


def values_of_new(key: StreamKey) -> dict[str, Any]:
    """What a stream gets that its events do not have, if its row is made."""
    public_id = base64.urlsafe_b64encode(secrets.token_bytes(16)).rstrip(b"=").decode()
    user = _user_value(key.name) if key.kind == USER else None
    return {"public_id": public_id, "user_id": user, "epoch": new_epoch()}


def upsert_values(key: StreamKey, keep: Keep, count: int) -> dict[str, Any]:
    """The parameters of `upsert`; with `of_event` it has fewer."""
    asked = {"top": count, "last": keep.last, "seconds": keep.seconds}
    return values_of_new(key) | key._asdict() | asked


def _user_value(name: str) -> Any:
    field: Any = get_user_model()._meta.pk
    while field.remote_field:
        field = field.target_field
    return field.get_db_prep_value(field.to_python(name), connections[alias()])


@cache
def upsert(using: str, *, of_event: bool = False) -> str:
    """The statement that gives numbers; it returns a Numbered, except on MySQL. With
    `of_event` it gives one to the row of `event`, or none where that has no row."""
    database = connections[using]
    q = database.ops.quote_name
    table, clock = q(Stream._meta.db_table), database_clock.sql(using)
    greatest = "MAX" if database.vendor == "sqlite" else "GREATEST"
    conflict = f"ON CONFLICT ({q('gateway')}, {q('kind')}, {q('name')}) DO UPDATE SET"
    if database.vendor == "mysql":
        conflict = "ON DUPLICATE KEY UPDATE"
    asked = {
        name: f"EXCLUDED.{q(name)}" if of_event else f"%({name})s"
        for name in ("top", "last", "seconds")
    }
    changes = [
        f"{q('top')} = {table}.{q('top')} + {asked.pop('top')}",
        f"{q('touched_ms')} = {clock}",
        *(f"{q(n)} = {greatest}({table}.{q(n)}, {new})" for n, new in asked.items()),
    ]
    returning = ", ".join(map(q, ("id", "public_id", "epoch", "top")))
    can_return = database.features.can_return_columns_from_insert
    suffix = f" RETURNING {returning}" if can_return else ""
    insert = _insert(using, of_event=of_event)
    return f"{insert} {conflict} {', '.join(changes)}{suffix}"


@cache
def _insert_missing(using: str) -> str:
    database = connections[using]
    if database.vendor == "mysql":
        return _insert(using).replace("INSERT INTO", "INSERT IGNORE INTO", 1)
    return f"{_insert(using)} ON CONFLICT DO NOTHING"


def _insert(using: str, *, of_event: bool = False) -> str:
    q, clock = connections[using].ops.quote_name, database_clock.sql(using)
    values = {name: f"%({name})s" for name in _COLUMNS}
    if of_event:
        values |= {"top": "1"} | {name: f"event.{q(name)}" for name in _OF_EVENT}
    row = f"{', '.join(values.values())}, {clock}"
    row = f"SELECT {row} FROM event" if of_event else f"VALUES ({row})"  # noqa: S608  # quoted names
    columns = ", ".join(map(q, (*_COLUMNS, "touched_ms")))
    return f"INSERT INTO {q(Stream._meta.db_table)} ({columns}) {row}"


@cache
def _select(using: str) -> str:
    """For MySQL, which does not return what was written."""
    q = connections[using].ops.quote_name
    columns = ", ".join(map(q, ("id", "public_id", "epoch", "top")))
    where = " AND ".join(f"{q(n)} = %({n})s" for n in ("gateway", "kind", "name"))
    return f"SELECT {columns} FROM {q(Stream._meta.db_table)} WHERE {where}"  # noqa: S608  # quoted names
