"""Finds the streams from whose low end events may go, without a look at the others.

An event goes when its stream has got more of them, or when its time is over. So a sweep
reads which events were posted since the last one, and which have passed the time that
they asked for themselves, both by an index, and looks at their streams. The next part
of all streams comes on top: a stream that keeps its events for longer than some of them
asked for, or a clock that was wrong, is found with that.
"""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from django.db.models import F, OuterRef, Q, QuerySet, Subquery
from django.utils import timezone

from wsrouter.models import KeptEvent, Stream
from wsrouter.registry import sweep_positions
from wsrouter.registry.database import alias
from wsrouter.registry.streams import database_clock
from wsrouter.registry.streams.database_clock import Milliseconds

PAGE = 500
"""Streams that are looked at in one query."""
EVENTS = 1000
"""Events that are read at once."""
YOUNGEST_MS = 60_000
"""A younger event is not deleted, however many there are: a message that is being
handled may have begun before it."""
OVERLAP_MS = YOUNGEST_MS + 60_000
"""Sweeps look back for so much further than to the last one: for events that were too
young for it, and for clocks that differ."""
_POSITION = "streams until"


def iter_ending() -> Iterator[Stream]:
    """Streams whose first event may go. They count as looked at when the last one was
    taken."""
    since, now = sweep_positions.read(_POSITION), database_clock.now(alias())
    found = _posted_since(now - since + OVERLAP_MS)
    for seconds in _lifetimes():
        found |= _timed_out(seconds, since - OVERLAP_MS, now)
    for page in _pages(sorted(found)):
        yield from _rows_ending(_streams().filter(pk__in=page))
    with sweep_positions.next_part(Stream, "streams") as part:
        yield from _rows_ending(part)
    sweep_positions.write(_POSITION, now)


def _posted_since(ago_ms: int) -> set[Any]:
    """The streams of events that were posted in the time up to now."""
    since = timezone.now() - timedelta(milliseconds=ago_ms)
    return _streams_of(_events(), "posted_at", since)


def _lifetimes() -> Iterator[int]:
    """The different times that kept events have asked for: as many as the code has."""
    rows = _events().order_by("seconds").values_list("seconds", flat=True)
    after = 0
    while (found := rows.filter(seconds__gt=after).first()) is not None:
        yield found
        after = found


def _timed_out(seconds: int, since_ms: int, now_ms: int) -> set[Any]:
    """The streams of events that asked for so many seconds, which were over since
    then."""
    rows = _events().filter(seconds=seconds, created_ms__lt=now_ms - seconds * 1000)
    return _streams_of(rows, "created_ms", since_ms - seconds * 1000)


def _streams_of(rows: "QuerySet[KeptEvent]", column: str, since: Any) -> set[Any]:
    """Each event is read once, in the order of an index."""
    ordered = rows.order_by(column, "pk").values_list(column, "pk", "stream")
    found: set[Any] = set()
    after = Q((f"{column}__gte", since))
    while page := list(ordered.filter(after)[:EVENTS]):
        found.update(stream for _, _, stream in page)
        end, last, _ = page[-1]
        later = Q((f"{column}__gt", end)) | Q(pk__gt=last)
        after = Q((f"{column}__gte", end)) & later
    return found - {None}


def _rows_ending(rows: "QuerySet[Stream]") -> Iterator[Stream]:
    """Those whose first event is above the number or the time."""
    first = KeptEvent.objects.filter(stream=OuterRef("pk")).order_by("seq")
    # MySQL subtracts no unsigned columns.
    ends = Q(top__gte=F("first") + F("last"))
    ends |= Q(until__lt=Milliseconds())
    lowest = rows.alias(
        first=Subquery(first.values("seq")[:1]),
        until=Subquery(first.values("numbered_ms")[:1]) + F("seconds") * 1000,
    )
    return iter(lowest.filter(ends))


def _pages(keys: list[Any]) -> Iterator[list[Any]]:
    for start in range(0, len(keys), PAGE):
        yield keys[start : start + PAGE]


def _streams() -> "QuerySet[Stream]":
    return Stream.objects.using(alias())


def _events() -> "QuerySet[KeptEvent]":
    return KeptEvent.objects.using(alias())
