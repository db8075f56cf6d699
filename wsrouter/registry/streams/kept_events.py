"""Kept events: stored in the transaction that sends them, numbered after its commit."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from django.db import transaction
from django.db.models import QuerySet

from wsrouter.delivery.ports import StreamEvent
from wsrouter.models import KeptEvent, Stream
from wsrouter.registry.database import alias
from wsrouter.registry.read_committed import is_above, read_committed
from wsrouter.registry.retrying import retried
from wsrouter.registry.streams import event_numbering, event_statements
from wsrouter.registry.streams.database_clock import Milliseconds
from wsrouter.registry.streams.numbering import GROUP, USER, Numbered, StreamKey
from wsrouter.routing import telemetry
from wsrouter.routing.keep import Keep
from wsrouter.routing.ports import Outgoing, Recipients


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
        return retried(lambda: _add_numbered(self._rows(outgoing)))

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
        for row in unnumbered:  # its publisher may be about to number several
            events += self.number([row])
        return sorted(events, key=lambda event: event.position)

    def _rows(self, outgoing: Outgoing) -> list[KeptEvent]:
        """In the order in which streams are locked, which is the same everywhere."""
        keep, excluded = outgoing.keep or Keep(), _excluded(outgoing)
        trace = telemetry.as_text()
        return [
            KeptEvent(
                **key._asdict(),
                event=outgoing.event,
                event_id=outgoing.id,
                payload=outgoing.payload,
                excluded=excluded,
                last=keep.last,
                seconds=keep.seconds,
                trace=trace,
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


def _add_numbered(rows: Sequence[KeptEvent]) -> list[StreamEvent]:
    with _numbering(len(rows)):
        return [
            _stream_event(row, event_numbering.insert(row, using=alias()))
            for row in rows
        ]


def _number(stored: Sequence[KeptEvent]) -> list[StreamEvent]:
    """One event of each stream at most: two of the same could wait for somebody else
    who numbers the second one."""
    numbered: list[StreamEvent] = []
    with _numbering(len(stored)):
        for row in sorted(stored, key=event_numbering.key_of):
            stream = event_numbering.number(row, using=alias())
            if stream is None:
                raise _NumberedMeanwhile
            numbered.append(_stream_event(row, stream))
    return numbered


@contextmanager
def _numbering(count: int) -> Iterator[None]:
    """A transaction in which `count` events are numbered."""
    if count == 1 and event_numbering.is_one_statement(alias()) and not is_above():
        yield
        return
    with transaction.atomic(using=alias()):
        read_committed()
        yield


def _of_numbered(rows: Iterable[KeptEvent]) -> list[StreamEvent]:
    found = list(rows)
    streams = Stream.objects.using(alias()).in_bulk({row.stream_id for row in found})
    return [
        _stream_event(row, Numbered(stream.pk, stream.public_id, stream.epoch, 0))
        for row in found
        if (stream := streams.get(row.stream_id)) is not None
    ]


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
        trace=row.trace,
    )
