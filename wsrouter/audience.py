"""Who an event is for: recipients read from the database, page by page."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from django.conf import settings
from django.db import router
from django.db.models import Case, Exists, F, OuterRef, QuerySet, When
from django.utils import timezone

from wsrouter.fanout.patience import HANDSHAKE_GRACE
from wsrouter.fanout.ports import Place, Recipient, Span
from wsrouter.models import Membership, OpenConnection
from wsrouter.routing.ports import Recipients

PAGE = 1000
_LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)
_Rows = QuerySet[Any]


class Audience:
    """Reads from the primary database only: a row that was just written counts.

    Pages follow the connection id, the key of both tables, and cost the same wherever
    they begin; each is read from one table, so that no statistics can talk a database
    into another plan. A send to several groups goes through one after the other and
    leaves out who was in an earlier one.
    """

    def recipients(
        self, wanted: Recipients, span: Span | None = None
    ) -> Iterator[list[Recipient]]:
        """The connections an event is for, each once."""
        places: dict[tuple[str, str, str], Place] = {}
        exclude = wanted.exclude
        for rows in _pages(wanted, span, "gateway", "api_id", "stage", _young()):
            yield [
                Recipient(
                    row[0],
                    places.get(row[1:4])
                    or places.setdefault(row[1:4], Place(*row[1:4])),
                    _LONG_AGO if row[4] is None else _aware(row[4]),
                )
                for row in rows
                if row[0] not in exclude
            ]

    def ids(self, wanted: Recipients) -> Iterator[str]:
        """Nothing but their ids."""
        for rows in _pages(wanted, None):
            yield from (row[0] for row in rows)

    def exceeds(self, wanted: Recipients, number: int) -> bool:
        """Whether there are more than that; no more are counted."""
        left = number
        for rows in _parts(wanted):
            left -= rows.values("connection_id")[: left + 1].count()
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


def alias() -> str:
    """The database of the registry."""
    return router.db_for_write(OpenConnection)


def _pages(
    wanted: Recipients, span: Span | None, *facts: Any
) -> Iterator[list[tuple[Any, ...]]]:
    """Rows of the connection id and these facts, in the order of the ids."""
    parts = _parts(wanted)
    if span is not None:
        parts = parts[span.part : span.part + 1]
    for part in parts:
        rows = part.values_list("connection_id", *facts)
        if span is not None and span.upto is not None:
            rows = rows.filter(connection_id__lte=span.upto)
        after = span.after if span is not None else ""
        while page := list(rows.filter(connection_id__gt=after)[:PAGE]):
            yield page
            if len(page) < PAGE:
                break
            after = page[-1][0]


def _parts(wanted: Recipients) -> list[_Rows]:
    """Nobody, unless it is said who: an empty wish must not reach everybody."""
    if wanted.groups:
        groups = sorted(wanted.groups)
        return [
            _members(wanted, group, earlier=groups[:number])
            for number, group in enumerate(groups)
        ]
    rows = OpenConnection.objects.using(alias())
    if wanted.connection_id:
        return [_open(rows.filter(connection_id=wanted.connection_id), wanted)]
    if wanted.user is not None:
        return [_open(rows.filter(user=wanted.user), wanted)]
    return [_open(rows, wanted)] if wanted.everyone else []


def _members(wanted: Recipients, group: str, *, earlier: list[str]) -> _Rows:
    members = Membership.objects.using(alias())
    rows = members.filter(group=group)
    if earlier:
        same = members.filter(connection_id=OuterRef("connection_id"))
        rows = rows.filter(~Exists(same.filter(group__in=earlier)))
    return _open(rows, wanted)


def _open(rows: _Rows, wanted: Recipients) -> _Rows:
    """Only what the gateway still holds, and whose session has not ended."""
    rows = rows.filter(expires_at__gt=timezone.now())
    if wanted.gateway:
        rows = rows.filter(gateway=wanted.gateway)
    return rows.order_by("connection_id")


def _young() -> Case:
    """The time of those who may be in their handshake still; reading it costs more
    than all the rest."""
    since = timezone.now() - HANDSHAKE_GRACE
    return Case(When(stored_at__gt=since, then=F("stored_at")))


def _aware(moment: datetime) -> datetime:
    if settings.USE_TZ or timezone.is_aware(moment):
        return moment
    return timezone.make_aware(moment, timezone.get_default_timezone())
