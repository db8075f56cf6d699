"""Kept events: stored in the transaction that sends them, numbered after its commit."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby
from operator import attrgetter
from typing import Any

from django.db import connections, transaction
from django.db.models import QuerySet

from wsrouter.delivery.ports import StreamEvent
from wsrouter.models import KeptEvent, Stream
from wsrouter.registry.database import alias
from wsrouter.registry.retrying import retried
from wsrouter.registry.streams import event_statements, numbering
from wsrouter.registry.streams.database_clock import Milliseconds
from wsrouter.registry.streams.numbering import GROUP, USER, Numbered, StreamKey
from wsrouter.routing.keep import Keep
from wsrouter.routing.ports import Outgoing, Recipients

_READ_COMMITTED = "SET TRANSACTION ISOLATION LEVEL READ COMMITTED"


class _NumberedMeanwhile(Exception):
    """The reaper was faster: the numbers that were taken must be given back."""


@dataclass(frozen=True, kw_only=True)
class StoredKeptEvents:
    """The store in the database of the registry. `gateways` are the aliases that a send
    without `gateway=` goes to."""

    gateways: Callable[[], Iterable[str]]

    def add(self, outgoing: Outgoing) -> list[KeptEvent]:
        rows = self._rows(outgoing)
        for row in rows:
            event_statements.insert(row, using=alias())
        return rows

    def add_numbered(self, outgoing: Outgoing) -> list[StreamEvent]:
        return retried(lambda: self._add_numbered(outgoing))

    def _add_numbered(self, outgoing: Outgoing) -> list[StreamEvent]:
        rows, streams = self._rows(outgoing), []
        if len(rows) == 1 and event_statements.can_insert_numbered(alias()):
            return [_inserted_numbered(rows[0])]
        with transaction.atomic(using=alias()):
            _read_committed()
            for row in rows:
                stream = numbering.give_numbers(_key(row), _keep(row), 1, using=alias())
                row.stream_id, row.seq = stream.pk, stream.top
                event_statements.insert(row, using=alias())
                streams.append(stream)
        return [_stream_event(*pair) for pair in zip(rows, streams, strict=True)]

    def number(self, stored: Sequence[KeptEvent]) -> list[StreamEvent]:
        """Also of rows that somebody else has numbered already."""
        try:
            return retried(lambda: _number(stored))
        except _NumberedMeanwhile:
            rows = list(_events().filter(pk__in=[row.pk for row in stored]))
            left = [row for row in rows if row.seq is None]
            return _of_numbered(row for row in rows if row.seq is not None) + (
                self.number(left) if left else []
            )

    def mark_posted(self, events: Sequence[StreamEvent]) -> None:
        for event in events:
            event_statements.mark_posted(event.row, using=alias())

    def overdue(self, seconds: float, most: int) -> list[StreamEvent]:
        before = Milliseconds() - int(seconds * 1000)
        rows = _events().filter(posted_at=None, created_ms__lt=before).order_by("pk")
        found = list(rows[:most])
        unnumbered = [row for row in found if row.seq is None]
        events = _of_numbered(row for row in found if row.seq is not None)
        events += self.number(unnumbered) if unnumbered else []
        return sorted(events, key=lambda event: event.position)

    def _rows(self, outgoing: Outgoing) -> list[KeptEvent]:
        """In the order in which streams are locked, which is the same everywhere."""
        keep, excluded = outgoing.keep or Keep(), _excluded(outgoing)
        return [
            KeptEvent(
                **key._asdict(),
                event=outgoing.event,
                event_id=outgoing.id,
                payload=outgoing.payload,
                excluded=excluded,
                last=keep.last,
                seconds=keep.seconds,
            )
            for key in sorted(self._keys(outgoing.recipients))
        ]

    def _keys(self, recipients: Recipients) -> Iterable[StreamKey]:
        kind = GROUP if recipients.groups else USER
        names = recipients.groups or map(str, recipients.users)
        chosen = recipients.gateway
        aliases = [chosen] if chosen else list(self.gateways())
        return [StreamKey(each, kind, name) for name in names for each in aliases]


def _events() -> "QuerySet[KeptEvent]":
    return KeptEvent.objects.using(alias())


def _read_committed() -> None:
    """At a higher level, PostgreSQL gives up one of two transactions that number the
    same stream. It is the first statement of the transaction, unless an application's
    test has one open."""
    database: Any = connections[alias()]
    if database.vendor != "postgresql" or len(database.savepoint_ids):
        return
    if database.isolation_level != _read_committed_level():
        with database.cursor() as cursor:
            cursor.execute(_READ_COMMITTED)


def _read_committed_level() -> Any:
    from django.db.backends.postgresql.psycopg_any import IsolationLevel

    return IsolationLevel.READ_COMMITTED


def _inserted_numbered(row: KeptEvent) -> StreamEvent:
    stream = event_statements.insert_numbered(row, _key(row), _keep(row), using=alias())
    return _stream_event(row, stream)


def _number(stored: Sequence[KeptEvent]) -> list[StreamEvent]:
    numbered: list[StreamEvent] = []
    with transaction.atomic(using=alias()):
        _read_committed()
        by_stream = sorted(stored, key=lambda row: (_key(row), row.pk))
        for key, group in groupby(by_stream, key=_key):
            rows = list(group)
            stream = numbering.give_numbers(
                key, _largest(rows), len(rows), using=alias()
            )
            for seq, row in enumerate(rows, start=stream.top - len(rows) + 1):
                row.stream_id, row.seq = stream.pk, seq
                if not event_statements.set_number(row, using=alias()):
                    raise _NumberedMeanwhile
                numbered.append(_stream_event(row, stream))
    return numbered


def _of_numbered(rows: Iterable[KeptEvent]) -> list[StreamEvent]:
    found = list(rows)
    streams = Stream.objects.using(alias()).in_bulk({row.stream_id for row in found})
    return [
        _stream_event(row, Numbered(stream.pk, stream.public_id, stream.epoch, 0))
        for row in found
        if (stream := streams.get(row.stream_id)) is not None
    ]


def _key(row: KeptEvent) -> StreamKey:
    return StreamKey(row.gateway, row.kind, row.name)


def _keep(row: KeptEvent) -> Keep:
    return Keep(last=row.last, seconds=row.seconds)


def _largest(rows: Iterable[KeptEvent]) -> Keep:
    keeps = list(map(_keep, rows))
    return Keep(
        last=max(map(attrgetter("last"), keeps)),
        seconds=max(map(attrgetter("seconds"), keeps)),
    )


def _excluded(outgoing: Outgoing) -> dict[str, list[str]] | None:
    """The connection that is being opened is not excluded: it gets what is kept."""
    connection_ids = outgoing.recipients.exclude - {outgoing.opening}
    users = outgoing.recipients.exclude_users
    if not connection_ids and not users:
        return None
    return {"connections": sorted(connection_ids), "users": sorted(map(str, users))}


def _stream_event(row: KeptEvent, stream: Numbered) -> StreamEvent:
    excluded = row.excluded or {}
    is_group = row.kind == GROUP
    return StreamEvent(
        row=row.pk,
        event=row.event,
        id=row.event_id,
        payload=bytes(row.payload),
        recipients=Recipients(
            groups=frozenset({row.name}) if is_group else frozenset(),
            users=frozenset() if is_group else frozenset({row.name}),
            exclude=frozenset(excluded.get("connections", ())),
            exclude_users=frozenset(excluded.get("users", ())),
            gateway=row.gateway,
        ),
        position=stream.position(row.seq or 0),
    )
