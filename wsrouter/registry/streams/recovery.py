"""What a client has missed of its streams: all of it, or the word that it is not."""

from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache, reduce
from operator import attrgetter, or_
from typing import Any, NamedTuple

from django.db.models import Q, Sum, Window
from django.db.models.functions import Length

from wsrouter.identity import primary_key
from wsrouter.models import KeptEvent
from wsrouter.registry.checked_row import checked_row
from wsrouter.registry.compiled_query import CompiledQuery, Parameter, compiled
from wsrouter.registry.database import alias
from wsrouter.registry.streams import positions
from wsrouter.registry.streams.positions import StreamState
from wsrouter.routing.frame import Frame
from wsrouter.routing.resume import Resume, Seen, Since
from wsrouter.setting_caches import cleared_by
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
    def is_since_beginning(self) -> bool:
        return self.after is None

    @property
    def can_be_recovered(self) -> bool:
        if self.seen is not None and self.seen["epoch"] != self.state.epoch:
            return False
        return self.after is None or 0 <= self.state.top - self.after <= MAX_EVENTS


class _Event(NamedTuple):
    """What is read of a kept event."""

    stream: int
    seq: int
    event: str
    event_id: str
    payload: bytes
    excluded: Mapping[str, Sequence[str]] | None


def recover(frame: Frame, resume: Resume, size: int) -> list[StreamEntry]:
    """The streams of the groups that a message has joined. The events take `size` bytes
    at most."""
    states = positions.of_joined(
        frame.connection_id, frame.gateway, resume.groups or (), resume.began_at
    )
    return _entries(states, resume.since, _Reader.of(frame, resume.user), size)


def recover_all(frame: Frame, resume: Resume, size: int) -> list[StreamEntry]:
    """All streams of the connection that asks, and its user's own, in a reply of `size`
    bytes; raises MessageError when it is not known, SessionEnded when its identity no
    longer holds."""
    row, states = positions.of_connection(frame.connection_id, frame.gateway)
    reader = _Reader.of(frame, checked_row(row).user)
    size = min(
        size - stream_frames.bytes_of_entries(len(states)), stream_frames.REPLAY_BYTES
    )
    return _entries(states, resume.since, reader, size, most=size)


def _in_order(states: Iterable[StreamState], since: Since) -> list[StreamState]:
    """Those that the client knows come first, in its order."""
    places = {public_id: place for place, public_id in enumerate(since)}
    return sorted(states, key=lambda state: places.get(state.public_id, len(places)))


def _entries(
    states: Iterable[StreamState],
    since: Since,
    reader: _Reader,
    size: int,
    most: int = stream_frames.REPLAY_BYTES,
) -> list[StreamEntry]:
    """The events take `size` bytes at most, and those of one stream `most`: more than
    that would not fit when the client asks again."""
    wanted = [
        _wanted(state, since.get(state.public_id))
        for state in _in_order(states, since)[: stream_frames.MAX_ENTRIES]
    ]
    events = _events([one for one in wanted if one.can_be_recovered])
    entries, left = [], size
    for one in wanted:
        entry = _entry(one, events.get(one.state.pk, []), reader, left, most)
        left -= sum(len(event) + 1 for event in entry.events)
        entries.append(entry)
    return entries


def _wanted(state: StreamState, seen: Seen | None) -> _Wanted:
    return _Wanted(state, seen, state.start if seen is None else seen["seq"])


def _entry(
    wanted: _Wanted, rows: Sequence[_Event], reader: _Reader, left: int, most: int
) -> StreamEntry:
    state, _, after = wanted
    if after is None:
        after = rows[0].seq - 1 if rows else state.top
    if not wanted.can_be_recovered or len(rows) != state.top - after:
        return _gap(state)
    events = [_frame(row, state, reader) for row in rows]
    size = sum(len(event) + 1 for event in events)
    if size > most:
        return _gap(state)
    if size > left:
        return StreamEntry(position=state.position(after), recovered=True, again=True)
    return StreamEntry(
        position=state.position(state.top), recovered=True, events=events
    )


def _gap(state: StreamState) -> StreamEntry:
    """From the beginning of the message: whether its handler has read its state before
    or after an event since then, the client gets that event by post, or asks for it."""
    seq = state.top
    if state.began_ms and state.start is None:
        rows = KeptEvent.objects.using(alias()).filter(stream=state.pk)
        seq -= rows.filter(seq__lte=seq, numbered_ms__gt=state.began_ms).count()
    return StreamEntry(position=state.position(seq))


def _events(wanted: Iterable[_Wanted]) -> Mapping[int, list[_Event]]:
    """By stream, in order: as many as could fit into a reply. Whatever is numbered
    while this reads comes by post."""
    ranges = [one for one in wanted if one.after != one.state.top]
    if not ranges:
        return {}
    ranges.sort(key=attrgetter("is_since_beginning"))
    values = {}
    for place, one in enumerate(ranges):
        values[f"stream_{place}"], values[f"top_{place}"] = one.state.pk, one.state.top
        start = one.state.began_ms if one.after is None else one.after
        values[f"start_{place}"] = start
    query = _query(tuple(one.is_since_beginning for one in ranges), alias())
    found: dict[int, list[_Event]] = {}
    for row in query.rows(values, using=alias()):
        event = _Event(*row)
        found.setdefault(event.stream, []).append(event)
    return found


@cleared_by("DATABASES")
@lru_cache(maxsize=64)
def _query(since_beginning: Sequence[bool], using: str) -> CompiledQuery:
    """The first rows of each of so many ranges, up to the size of a reply."""
    ranges = [_range(place, since) for place, since in enumerate(since_beginning)]
    size = Window(Sum(Length("payload")), partition_by="stream_id", order_by="seq")
    rows = KeptEvent.objects.using(using).filter(reduce(or_, ranges))
    rows = rows.annotate(size=size).filter(size__lte=stream_frames.REPLAY_BYTES)
    rows = rows.order_by("stream_id", "seq")
    return compiled(rows.values_list(*_Event._fields), using=using)


def _range(place: int, since_beginning: bool) -> Q:
    column = "numbered_ms" if since_beginning else "seq"
    return Q(
        ("stream", Parameter(f"stream_{place}")),
        ("seq__lte", Parameter(f"top_{place}")),
        (f"{column}__gt", Parameter(f"start_{place}")),
    )


def _frame(row: _Event, state: StreamState, reader: _Reader) -> bytes:
    position = state.position(row.seq)
    excluded = row.excluded or {}
    if reader.connection_id in excluded.get("connections", ()) or (
        reader.user in excluded.get("users", ())
    ):
        return stream_frames.skipped(position)
    return stream_frames.kept_event(
        row.event, row.event_id, bytes(row.payload), position
    )
