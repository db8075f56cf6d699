"""Rows of streams: the SQL that makes one, and gives out its next number."""

import base64
import secrets
from collections.abc import Iterable
from functools import cache
from typing import Any, NamedTuple

from django.contrib.auth import get_user_model
from django.db import connections

from wsrouter.models import Stream
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
    with database.cursor() as cursor:
        cursor.execute(upsert(using), values)
        if not database.features.can_return_columns_from_insert:
            cursor.execute(_select(using), values)
        return Numbered(*cursor.fetchone())


def upsert_values(key: StreamKey, keep: Keep, count: int) -> dict[str, Any]:
    """The parameters of `upsert`."""
    names = [*_COLUMNS, "count"]
    return dict(zip(names, [*_values(key, keep, count), count], strict=True))


def make(keys: Iterable[StreamKey], *, using: str) -> None:
    """Make the rows that are missing: an empty stream has an epoch, too."""
    nothing = Keep(last=1, seconds=1)
    database = connections[using]
    with database.cursor() as cursor:
        for key in sorted(keys):
            values = dict(zip(_COLUMNS, _values(key, nothing, 0), strict=True))
            cursor.execute(_insert_missing(using), values)


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


def _values(key: StreamKey, keep: Keep, top: int) -> list[Any]:
    public_id = base64.urlsafe_b64encode(secrets.token_bytes(16)).rstrip(b"=").decode()
    user = _user_value(key.name) if key.kind == USER else None
    return [public_id, *key, user, new_epoch(), top, keep.last, keep.seconds]


def _user_value(name: str) -> Any:
    field: Any = get_user_model()._meta.pk
    while field.remote_field:
        field = field.target_field
    return field.get_db_prep_value(field.to_python(name), connections[alias()])


@cache
def upsert(using: str) -> str:
    """The statement that gives numbers; it returns a Numbered, except on MySQL."""
    database = connections[using]
    q = database.ops.quote_name
    table, clock = q(Stream._meta.db_table), database_clock.sql(using)
    greatest = "MAX" if database.vendor == "sqlite" else "GREATEST"
    is_mysql = database.vendor == "mysql"
    conflict = (
        "ON DUPLICATE KEY UPDATE"
        if is_mysql
        else f"ON CONFLICT ({q('gateway')}, {q('kind')}, {q('name')}) DO UPDATE SET"
    )
    changes = [
        f"{q('top')} = {table}.{q('top')} + %(count)s",
        f"{q('touched_ms')} = {clock}",
        *(
            f"{q(name)} = {greatest}({table}.{q(name)}, %({name})s)"
            for name in ("last", "seconds")
        ),
    ]
    returning = ", ".join(map(q, ("id", "public_id", "epoch", "top")))
    can_return = database.features.can_return_columns_from_insert
    suffix = f" RETURNING {returning}" if can_return else ""
    return f"{_insert(using)} {conflict} {', '.join(changes)}{suffix}"


@cache
def _insert_missing(using: str) -> str:
    database = connections[using]
    if database.vendor == "mysql":
        return _insert(using).replace("INSERT INTO", "INSERT IGNORE INTO", 1)
    return f"{_insert(using)} ON CONFLICT DO NOTHING"


def _insert(using: str) -> str:
    q = connections[using].ops.quote_name
    columns = ", ".join(map(q, (*_COLUMNS, "touched_ms")))
    values = ", ".join(f"%({name})s" for name in _COLUMNS)
    table, clock = q(Stream._meta.db_table), database_clock.sql(using)
    return f"INSERT INTO {table} ({columns}) VALUES ({values}, {clock})"  # noqa: S608  # quoted names


@cache
def _select(using: str) -> str:
    """For MySQL, which does not return what was written."""
    q = connections[using].ops.quote_name
    columns = ", ".join(map(q, ("id", "public_id", "epoch", "top")))
    where = " AND ".join(f"{q(n)} = %({n})s" for n in ("gateway", "kind", "name"))
    return f"SELECT {columns} FROM {q(Stream._meta.db_table)} WHERE {where}"  # noqa: S608  # quoted names
