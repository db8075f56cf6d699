"""Who an event is for: recipients read from the database, page by page."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import router
from django.db.models import Exists, OuterRef, QuerySet
from django.utils import timezone

from wsrouter.fanout.ports import Place, Recipient, Span
from wsrouter.models import Membership, OpenConnection
from wsrouter.routing.ports import Recipients

PAGE = 1000
_FACTS = ("gateway", "api_id", "stage", "stored_at")


class Audience:
    """Reads from the primary database only: a row that was just written counts.

    Pages follow the connection id, the key of both tables, and cost the same wherever
    they begin. A send to several groups goes through one after the other and leaves out
    who was in an earlier one.
    """

    def recipients(
        self, wanted: Recipients, span: Span | None = None
    ) -> Iterator[list[Recipient]]:
        """The connections an event is for, each once."""
        places: dict[tuple[str, str, str], Place] = {}
        for rows in _pages(wanted, span or _WHOLE, every_part=span is None):
            yield [
                Recipient(
                    row[0],
                    places.get(row[1:4])
                    or places.setdefault(row[1:4], Place(*row[1:4])),
                    _aware(row[4]),
                )
                for row in rows
                if row[0] not in wanted.exclude
            ]

    def exceeds(self, wanted: Recipients, number: int) -> bool:
        """Whether there are more than that; no more are counted."""
        left = number
        for rows in _parts(wanted):
            left -= rows.order_by()[: left + 1].count()
            if left < 0:
                return True
        return False

    def next_span(
        self, wanted: Recipients, size: int, behind: Span | None
    ) -> Span | None:
        """The next span of `size` recipients, or of those that are left in a part."""
        part, after = (behind.part, behind.upto) if behind else (0, "")
        parts = _parts(wanted)
        if after is None:
            part, after = part + 1, ""
        if part >= len(parts):
            return None
        ids = parts[part].filter(connection_id__gt=after)
        last = ids.values_list("connection_id", flat=True)[size - 1 : size].first()
        return Span(part=part, after=after, upto=last)


_WHOLE = Span()


def alias() -> str:
    """The database of the registry."""
    return router.db_for_write(OpenConnection)


def _pages(
    wanted: Recipients, span: Span, *, every_part: bool
) -> Iterator[list[tuple[Any, ...]]]:
    parts = _parts(wanted)
    for part in parts if every_part else parts[span.part : span.part + 1]:
        rows = part if span.upto is None else part.filter(connection_id__lte=span.upto)
        after = span.after
        while page := list(rows.filter(connection_id__gt=after)[:PAGE]):
            yield page
            if len(page) < PAGE:
                break
            after = page[-1][0]


def _parts(wanted: Recipients) -> "list[QuerySet[Any, tuple[Any, ...]]]":
    """Rows of connection id, gateway, API, stage and time, in the order of the ids.

    Nobody, unless it is said who: an empty wish must not reach everybody.
    """
    if wanted.groups:
        groups = sorted(wanted.groups)
        return [
            _members(wanted, group, earlier=groups[:number])
            for number, group in enumerate(groups)
        ]
    rows = OpenConnection.objects.using(alias())
    if wanted.connection_id:
        return [_known(rows.filter(connection_id=wanted.connection_id), wanted)]
    if wanted.user is not None:
        return [_known(rows.filter(user=wanted.user), wanted)]
    return [_known(rows, wanted)] if wanted.everyone else []


def _members(
    wanted: Recipients, group: str, *, earlier: list[str]
) -> "QuerySet[Any, tuple[Any, ...]]":
    members = Membership.objects.using(alias())
    rows = members.filter(group=group)
    if earlier:
        same = members.filter(connection_id=OuterRef("connection_id"))
        rows = rows.filter(~Exists(same.filter(group__in=earlier)))
    return _known(rows, wanted, through="connection__")


def _known(
    rows: "QuerySet[Any]", wanted: Recipients, *, through: str = ""
) -> "QuerySet[Any, tuple[Any, ...]]":
    """Only what the gateway still holds, and whose session has not ended."""
    rows = rows.filter(**{f"{through}expires_at__gt": timezone.now()})
    if wanted.gateway:
        rows = rows.filter(**{f"{through}gateway": wanted.gateway})
    facts = [f"{through}{name}" for name in _FACTS]
    return rows.order_by("connection_id").values_list("connection_id", *facts)


def _aware(moment: datetime) -> datetime:
    if settings.USE_TZ or timezone.is_aware(moment):
        return moment
    return timezone.make_aware(moment, timezone.get_default_timezone())
