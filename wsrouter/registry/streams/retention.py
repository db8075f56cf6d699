"""Deletes kept events from the low end of their streams, and streams that nobody uses.

Rows are deleted in slices, so that no transaction is long.
"""

from collections.abc import Iterator
from typing import Any

from django.db import transaction
from django.db.models import Exists, F, OuterRef, Q, QuerySet, Subquery
from django.utils import timezone

from wsrouter.models import KeptEvent, Membership, OpenConnection, Stream
from wsrouter.registry.database import alias
from wsrouter.registry.streams.database_clock import Milliseconds
from wsrouter.registry.streams.numbering import GROUP, USER

PAGE = 500
"""Streams that are looked at in one query."""
SLICE = 1000
"""Events that are deleted in one statement."""
YOUNGEST_MS = 60_000
"""A younger event is not deleted, however many there are: a message that is being
handled may have begun before it."""
UNUSED_MS = 24 * 60 * 60 * 1000
"""A stream outlives its last event by so much. One that comes back later has another
epoch, so that old positions in it mean nothing."""


def delete_old() -> int:
    """Delete what is above the number, or older than the time, that the events of a
    stream asked for. Returns the number of events."""
    return sum(_delete_up_to(stream.pk, _cut(stream)) for stream in _streams())


def delete_unused() -> int:
    """Delete streams without events and without anybody in their group, and return
    their number."""
    before = Milliseconds() - UNUSED_MS
    rows = _rows().filter(_is_empty() & ~_has_audience(), touched_ms__lt=before)
    return sum(_delete_if_unused(pk) for pk in list(rows.values_list("pk", flat=True)))


def delete(stream: Stream) -> None:
    """Delete a stream with all of its events: whoever has a position in it gets a
    gap."""
    with transaction.atomic(using=alias()):
        _rows().filter(pk=stream.pk).update(touched_ms=F("touched_ms"))  # locks it
        _events(stream.pk).delete()
        _rows().filter(pk=stream.pk).delete()


def _streams() -> Iterator[Any]:
    """Each with the first and the last number that may go, and with the first one that
    has not been posted."""
    after = 0
    while page := list(_annotated(_rows().filter(pk__gt=after))[:PAGE]):
        yield from page
        after = page[-1].pk


def _annotated(rows: "QuerySet[Stream]") -> "QuerySet[Stream]":
    events = KeptEvent.objects.filter(stream=OuterRef("pk")).values("seq")
    now = Milliseconds()
    expired = events.filter(numbered_ms__lt=now - OuterRef("seconds") * 1000)
    settled = events.filter(numbered_ms__lt=now - YOUNGEST_MS)
    waiting = events.filter(posted_at=None)
    return rows.order_by("pk").annotate(
        expired=Subquery(expired.order_by("-seq")[:1]),
        settled=Subquery(settled.order_by("-seq")[:1]),
        waiting=Subquery(waiting.order_by("seq")[:1]),
    )


def _cut(stream: Any) -> int:
    """The last number that goes."""
    most: int = max(stream.top - stream.last, stream.expired or 0)
    if stream.waiting is not None:
        most = min(most, stream.waiting - 1)
    return min(most, stream.settled or 0)


def _delete_up_to(stream: int, cut: int) -> int:
    if cut < 1:
        return 0
    count = 0
    while True:
        rows = _events(stream).filter(seq__lte=cut).order_by("seq")
        pks = list(rows.values_list("pk", flat=True)[:SLICE])
        if not pks:
            return count
        count += _events(stream).filter(pk__in=pks).delete()[0]


def _delete_if_unused(pk: int) -> bool:
    """Asks again under the lock: an event may have been numbered meanwhile."""
    before = Milliseconds() - UNUSED_MS
    with transaction.atomic(using=alias()):
        unused = _rows().filter(pk=pk, touched_ms__lt=before)
        if not unused.update(touched_ms=F("touched_ms")):
            return False
        return _rows().filter(_is_empty(), pk=pk).delete()[0] > 0


def _is_empty() -> Q:
    return ~Q(Exists(KeptEvent.objects.filter(stream=OuterRef("pk"))))


def _has_audience() -> Q:
    """Whether an open connection is in the group, or is one of the user's."""
    now = timezone.now()
    members = Membership.objects.filter(
        group=OuterRef("name"), gateway=OuterRef("gateway"), expires_at__gt=now
    )
    own = OpenConnection.objects.filter(
        user=OuterRef("user"), gateway=OuterRef("gateway"), expires_at__gt=now
    )
    return Q(Exists(members), kind=GROUP) | Q(Exists(own), kind=USER)


def _rows() -> "QuerySet[Stream]":
    return Stream.objects.using(alias())


def _events(stream: int) -> "QuerySet[KeptEvent]":
    return KeptEvent.objects.using(alias()).filter(stream=stream)
