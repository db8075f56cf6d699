"""Streams as `ws_streams` and the admin show them, and new epochs for all of them."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import NamedTuple

from django.db import transaction
from django.db.models import Count, Min, OuterRef, QuerySet, Subquery, Sum
from django.db.models.functions import Length

from wsrouter.models import KeptEvent, Stream
from wsrouter.registry.database import alias
from wsrouter.registry.streams.numbering import new_epoch

PAGE = 500
MOST_EVENTS = 10_000
"""Events of a stream whose bytes are added up for a page."""


@dataclass(frozen=True, kw_only=True, slots=True)
class StreamSummary:
    """A stream: its highest number, how many events are kept with how many bytes of
    payload, and when the oldest of them was numbered."""

    gateway: str
    kind: str
    name: str
    top: int
    kept: int
    size: int
    oldest: datetime | None


def summaries(gateway: str | None, most: int) -> list[StreamSummary]:
    """The streams with the most kept bytes first, `most` of them."""
    rows = rows_of(gateway).annotate(
        kept=Count("events"),
        size=Sum(Length("events__payload"), default=0),
        oldest=Min("events__numbered_ms"),
    )
    return [
        StreamSummary(
            gateway=row.gateway,
            kind=row.kind,
            name=row.name,
            top=row.top,
            kept=row.kept,
            size=row.size,
            oldest=moment(row.oldest),
        )
        for row in rows.order_by("-size", "gateway", "kind", "name")[:most]
    ]


def rows_of(gateway: str | None) -> "QuerySet[Stream]":
    """The streams of one gateway, or of all."""
    rows = Stream.objects.using(alias())
    return rows if gateway is None else rows.filter(gateway=gateway)


def renew_epochs(streams: "QuerySet[Stream]") -> int:
    """Give these streams another epoch, so that all positions that clients have become
    gaps, and return their number. Events that come later are counted on from the top.
    """
    rows, count, after = streams.using(alias()).order_by("pk"), 0, 0
    while page := list(rows.filter(pk__gt=after).values_list("pk", flat=True)[:PAGE]):
        with transaction.atomic(using=alias()):
            for pk in page:
                rows_of(None).filter(pk=pk).update(epoch=new_epoch())
        count, after = count + len(page), page[-1]
    return count


class Kept(NamedTuple):
    """How many events of a stream are kept, and when the oldest was numbered."""

    events: int = 0
    oldest: datetime | None = None


def kept_of(streams: Iterable[int]) -> dict[int, Kept]:
    """What is kept of streams, by their primary keys; nothing of an empty one. Numbers
    have no holes, and are deleted from the low end: the first event tells how many
    there are."""
    events = KeptEvent.objects.filter(stream=OuterRef("pk")).order_by("seq")
    rows = Stream.objects.using(alias()).filter(pk__in=list(streams)).order_by()
    found = rows.annotate(
        first=Subquery(events.values("seq")[:1]),
        since=Subquery(events.values("numbered_ms")[:1]),
    ).values_list("pk", "top", "first", "since")
    return {
        pk: Kept(top - first + 1, moment(since))
        for pk, top, first, since in found
        if first is not None
    }


def count_events(streams: Sequence[int]) -> int:
    """How many events are kept of streams, by their primary keys."""
    pages = (streams[start : start + PAGE] for start in range(0, len(streams), PAGE))
    return sum(kept.events for page in pages for kept in kept_of(page).values())


def kept_bytes(stream: int) -> tuple[int, bool]:
    """The bytes of the payloads that are kept of a stream, and whether these are all:
    of more than MOST_EVENTS, those of the oldest."""
    rows = KeptEvent.objects.using(alias()).filter(stream=stream).order_by("seq")
    found = rows.annotate(size=Length("payload"))[:MOST_EVENTS].aggregate(
        Sum("size", default=0), Count("pk")
    )
    return int(found["size__sum"]), found["pk__count"] < MOST_EVENTS


def moment(milliseconds: int | None) -> datetime | None:
    """A time of the database's clock."""
    if milliseconds is None:
        return None
    return datetime.fromtimestamp(milliseconds / 1000, UTC)
