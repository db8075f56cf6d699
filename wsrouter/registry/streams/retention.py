"""Deletes kept events from the low end of their streams, and streams that nobody uses.

Rows are deleted in slices, so that no transaction is long.
"""

from django.db import transaction
from django.db.models import Exists, F, OuterRef, Q, QuerySet
from django.utils import timezone

from wsrouter.models import KeptEvent, Membership, OpenConnection, Stream
from wsrouter.registry import sweep_positions
from wsrouter.registry.database import alias
from wsrouter.registry.streams import ending_streams
from wsrouter.registry.streams.database_clock import Milliseconds
from wsrouter.registry.streams.ending_streams import YOUNGEST_MS
from wsrouter.registry.streams.numbering import GROUP, USER

SLICE = 1000
"""Events that are deleted in one statement."""
UNUSED_MS = 24 * 60 * 60 * 1000
"""A stream outlives its last event by so much. One that comes back later has another
epoch, so that old positions in it mean nothing."""


def delete_old() -> int:
    """Delete what is above the number, or older than the time, that the events of a
    stream asked for. Returns the number of events."""
    ending = ending_streams.iter_ending()
    return sum(_delete_up_to(stream.pk, _cut(stream)) for stream in ending)


def delete_unused() -> int:
    """Delete streams without events and without anybody in their group, and return
    their number. Each sweep looks at the next part of them."""
    before = Milliseconds() - UNUSED_MS
    unused = _is_empty() & ~_has_audience()
    with sweep_positions.next_part(Stream, "unused streams") as part:
        rows = part.filter(unused, touched_ms__lt=before)
        found = list(rows.values_list("pk", flat=True))
        return sum(map(_delete_if_unused, found))


def delete(stream: Stream) -> None:
    """Delete a stream with all of its events: whoever has a position in it gets a
    gap."""
    with transaction.atomic(using=alias()):
        _rows().filter(pk=stream.pk).update(touched_ms=F("touched_ms"))  # locks it
        _events(stream.pk).delete()
        _rows().filter(pk=stream.pk).delete()


def _cut(stream: Stream) -> int:
    """The last number that goes: the one before the first event that stays. No more
    than what goes is read."""
    now = Milliseconds()
    stays = Q(seq__gt=stream.top - stream.last)
    stays &= Q(numbered_ms__gte=now - stream.seconds * 1000)
    stays |= Q(posted_at=None) | Q(numbered_ms__gte=now - YOUNGEST_MS)
    first = _events(stream.pk).filter(stays).order_by("seq")
    found = first.values_list("seq", flat=True).first()
    return stream.top if found is None else found - 1


def _delete_up_to(stream: int, cut: int) -> int:
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
