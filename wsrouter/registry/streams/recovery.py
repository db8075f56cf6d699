"""What a client has missed of its streams: all of it, or the word that it is not."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import reduce
from operator import or_
from typing import Any, NamedTuple

from django.db.models import Q, QuerySet, Sum, Window
from django.db.models.functions import Length

from wsrouter.identity import primary_key
from wsrouter.models import KeptEvent
from wsrouter.registry.checked_row import checked_row
from wsrouter.registry.database import alias
from wsrouter.registry.streams import positions
from wsrouter.registry.streams.positions import StreamState
from wsrouter.routing.frame import Frame
from wsrouter.routing.resume import Resume, Seen, Since
from wsrouter.wire import stream_frames
from wsrouter.wire.stream_frames import StreamEntry

MAX_EVENTS = 1000
"""Events of one stream in a reply: more than fit in, whatever they are."""


class _Reader(NamedTuple):
    """Who gets the events: whoever was excluded gets a marker in their place."""

    connection_id: str
    user: str

    @classmethod
    def of(cls, frame: Frame, user: Any) -> "_Reader":
        key = None if user is None else primary_key(user)
        return cls(frame.connection_id, "" if key is None else str(key))


class _Wanted(NamedTuple):
    """The events of a stream after `after`; after the beginning of the message where it
    is None."""

    state: StreamState
    seen: Seen | None
    after: int | None

    @property
    def can_be_recovered(self) -> bool:
        if self.seen is not None and self.seen["epoch"] != self.state.epoch:
            return False
        return self.after is None or 0 <= self.state.top - self.after <= MAX_EVENTS


def recover(frame: Frame, resume: Resume, size: int) -> list[StreamEntry]:
    """The streams of the groups that a message has joined. The events take `size` bytes
    at most."""
    states = positions.of_joined(
        frame.connection_id, frame.gateway, resume.groups or (), resume.began_at
    )
    return _entries(states, resume.since, _Reader.of(frame, resume.user), size)


def recover_all(frame: Frame, resume: Resume, size: int) -> list[StreamEntry]:
    """All streams of the connection that asks, and its user's own; raises MessageError
    when it is not known, SessionEnded when its identity no longer holds."""
    row, states = positions.of_connection(frame.connection_id, frame.gateway)
    reader = _Reader.of(frame, checked_row(row).user)
    return _entries(states, resume.since, reader, size)


def _in_order(states: Iterable[StreamState], since: Since) -> list[StreamState]:
    """Those that the client knows come first, in its order."""
    places = {public_id: place for place, public_id in enumerate(since)}
    return sorted(states, key=lambda state: places.get(state.public_id, len(places)))


def _entries(
    states: Iterable[StreamState], since: Since, reader: _Reader, size: int
) -> list[StreamEntry]:
    wanted = [
        _wanted(state, since.get(state.public_id))
        for state in _in_order(states, since)[: positions.MAX_STREAMS]
    ]
    events = _events([one for one in wanted if one.can_be_recovered])
    entries, left = [], size
    for one in wanted:
        entry = _entry(one, events.get(one.state.pk, []), reader, left)
        left -= sum(len(event) + 1 for event in entry.events)
        entries.append(entry)
    return entries


def _wanted(state: StreamState, seen: Seen | None) -> _Wanted:
    return _Wanted(state, seen, state.start if seen is None else seen["seq"])


def _entry(
    wanted: _Wanted, rows: Sequence[KeptEvent], reader: _Reader, left: int
) -> StreamEntry:
    state, _, after = wanted
    gap = StreamEntry(position=state.position(state.top))
    if after is None:
        after = (rows[0].seq or 1) - 1 if rows else state.top
    if not wanted.can_be_recovered or len(rows) != state.top - after:
        return gap
    events = [_frame(row, state, reader) for row in rows]
    size = sum(len(event) + 1 for event in events)
    if size > stream_frames.REPLAY_BYTES:
        return gap
    if size > left:
        return StreamEntry(position=state.position(after), recovered=True, again=True)
    return StreamEntry(
        position=state.position(state.top), recovered=True, events=events
    )


def _events(wanted: Sequence[_Wanted]) -> Mapping[int, list[KeptEvent]]:
    """By stream, in order: as many as could fit into a reply. Whatever is numbered
    while this reads comes by post."""
    ranges = [_range(one) for one in wanted if one.after != one.state.top]
    if not ranges:
        return {}
    rows = KeptEvent.objects.using(alias()).filter(reduce(or_, ranges))
    found: dict[int, list[KeptEvent]] = {}
    for row in _within_size(rows):
        found.setdefault(row.stream_id or 0, []).append(row)
    return found


def _range(wanted: _Wanted) -> Q:
    of_stream = Q(stream=wanted.state.pk, seq__lte=wanted.state.top)
    if wanted.after is None:
        return of_stream & Q(numbered_ms__gt=wanted.state.began_ms)
    return of_stream & Q(seq__gt=wanted.after)


def _within_size(rows: "QuerySet[KeptEvent]") -> Iterator[KeptEvent]:
    """The first rows of each stream, up to the size of a reply."""
    size = Window(Sum(Length("payload")), partition_by="stream_id", order_by="seq")
    rows = rows.annotate(size=size).filter(size__lte=stream_frames.REPLAY_BYTES)
    return rows.order_by("stream_id", "seq").iterator()


def _frame(row: KeptEvent, state: StreamState, reader: _Reader) -> bytes:
    position = state.position(row.seq or 0)
    excluded = row.excluded or {}
    if reader.connection_id in excluded.get("connections", ()) or (
        reader.user in excluded.get("users", ())
    ):
        return stream_frames.skipped(position)
    return stream_frames.kept_event(
        row.event, row.event_id, bytes(row.payload), position
    )
