"""Who an event is for: recipients read from the database, page by page."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import islice
from typing import Any

from django.db.models import Case, F, QuerySet, When
from django.utils import timezone

from wsrouter.delivery.ports import Place, Recipient, Span
from wsrouter.delivery.retry import HANDSHAKE_GRACE
from wsrouter.models import Membership, OpenConnection
from wsrouter.registry.database import alias, aware
from wsrouter.routing.ports import Recipients

PAGE = 1000
IDS = 5 * PAGE
"""They are small, and a query costs as much as many of them."""
_PLACE = ("gateway", "api_id", "stage")
_LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)


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
        for rows in _spanned(wanted, span):
            yield [
                Recipient(
                    row[0],
                    places.get(row[1:4])
                    or places.setdefault(row[1:4], Place(*row[1:4])),
                    _LONG_AGO if row[4] is None else aware(row[4]),
                )
                for row in rows
                if row[0] not in exclude
            ]

    def ids(self, wanted: Recipients) -> Iterator[str]:
        """Nothing but their ids; nobody is left out."""
        for part in _parts(wanted):
            rows = part.rows.values_list("connection_id")
            for page in _pages(rows, part.earlier, size=IDS):
                yield from (row[0] for row in page)

    def exceeds(self, wanted: Recipients, number: int) -> bool:
        """Whether there are more than that; no more are counted."""
        parts = _parts(wanted)
        if sum(_count(part.rows, number + 1) for part in parts) <= number:
            return False
        return len(parts) == 1 or any(islice(self.ids(wanted), number, None))

    def next_span(
        self, wanted: Recipients, size: int, behind: Span | None
    ) -> Span | None:
        """The next span of up to `size` recipients, or of what is left in a part."""
        index, after = (behind.group_index, behind.last) if behind else (0, "")
        parts = _parts(wanted)
        if after is None:
            index, after = index + 1, ""
        if index >= len(parts):
            return None
        ids = parts[index].rows.filter(connection_id__gt=after)
        last = ids.values_list("connection_id", flat=True)[size - 1 : size].first()
        return Span(group_index=index, after=after, last=last)


@dataclass(frozen=True, slots=True)
class _Part:
    """Rows of one table, in the order of the connection ids, but for those that are in
    an earlier group of the same send."""

    rows: QuerySet[Any]
    earlier: Sequence[str] = ()


def _spanned(wanted: Recipients, span: Span | None) -> Iterator[list[tuple[Any, ...]]]:
    """Rows of connection id, gateway, API, stage, and time of the young."""
    parts, after, last = _parts(wanted), "", None
    if span is not None:
        parts = parts[span.group_index : span.group_index + 1]
        after, last = span.after, span.last
    for part in parts:
        rows = part.rows.values_list("connection_id", *_PLACE, _young())
        rows = rows if last is None else rows.filter(connection_id__lte=last)
        yield from _pages(rows, part.earlier, after, size=PAGE)


def _pages(
    rows: QuerySet[Any], earlier: Sequence[str], after: str = "", *, size: int
) -> Iterator[list[tuple[Any, ...]]]:
    while page := list(rows.filter(connection_id__gt=after)[:size]):
        yield _without(page, earlier) if earlier else page
        if len(page) < size:
            break
        after = page[-1][0]


def _without(
    page: list[tuple[Any, ...]], groups: Sequence[str]
) -> list[tuple[Any, ...]]:
    """Asked for by id: as a part of the page's own query, databases may choose to read
    all of those groups for every page."""
    ids = [row[0] for row in page]
    members = Membership.objects.using(alias()).filter(group__in=groups)
    there = members.filter(connection__connection_id__in=ids)
    seen = set(there.values_list("connection_id", flat=True))
    return [row for row in page if row[0] not in seen]


def _count(rows: QuerySet[Any], most: int) -> int:
    ids = rows.filter(connection_id__gt="").values("connection_id")
    return int(ids[:most].count())


def _parts(wanted: Recipients) -> list[_Part]:
    """Nobody, unless it is said who: an empty wish must not reach everybody."""
    if wanted.groups:
        names = sorted(wanted.groups)
        members = Membership.objects.using(alias())
        return [
            _Part(_open(members.filter(group=name), wanted), names[:number])
            for number, name in enumerate(names)
        ]
    rows = OpenConnection.objects.using(alias())
    if wanted.connection_id:
        rows = rows.filter(connection_id=wanted.connection_id)
    elif wanted.user is not None:
        rows = rows.filter(user=wanted.user)
    elif not wanted.everyone:
        return []
    return [_Part(_open(rows, wanted))]


def _open(rows: QuerySet[Any], wanted: Recipients) -> QuerySet[Any]:
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
