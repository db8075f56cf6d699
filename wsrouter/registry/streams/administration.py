"""Streams as `ws_streams` and the admin show them, and new epochs for all of them."""

from dataclasses import dataclass
from datetime import UTC, datetime

from django.db import transaction
from django.db.models import Count, Min, QuerySet, Sum
from django.db.models.functions import Length

from wsrouter.models import Stream
from wsrouter.registry.database import alias
from wsrouter.registry.streams.numbering import new_epoch

PAGE = 500


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
            oldest=row.oldest and datetime.fromtimestamp(row.oldest / 1000, UTC),
        )
        for row in rows.order_by("-size", "gateway", "kind", "name")[:most]
    ]


def rows_of(gateway: str | None) -> "QuerySet[Stream]":
    """The streams of one gateway, or of all."""
    rows = Stream.objects.using(alias())
    return rows if gateway is None else rows.filter(gateway=gateway)


def renew_epochs(gateway: str | None) -> int:
    """Give every stream another epoch, so that all positions that clients have become
    gaps, and return their number. Events that come later are counted on from the top.
    """
    count, after = 0, 0
    while page := list(rows_of(gateway).filter(pk__gt=after).order_by("pk")[:PAGE]):
        with transaction.atomic(using=alias()):
            for row in page:
                rows_of(gateway).filter(pk=row.pk).update(epoch=new_epoch())
        count, after = count + len(page), page[-1].pk
    return count
