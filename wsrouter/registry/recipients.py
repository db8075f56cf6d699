"""The recipients of an event, read from the database page by page."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import islice
from typing import Any

from django.db.models import Case, F, QuerySet, When
from django.utils import timezone

from wsrouter.delivery.ports import Recipient, Span, StageAddress
from wsrouter.delivery.retry import HANDSHAKE_GRACE
from wsrouter.models import Membership, OpenConnection
from wsrouter.registry.database import alias, aware
from wsrouter.routing.ports import Recipients

PAGE = 1000
"""Rows in a page of recipients."""
IDS_PAGE = 5 * PAGE
"""Rows in a page of ids alone. They are small, and a query costs as much as many of
them."""
KEYS = 500
"""Connection ids or users in one query: SQLite may have a limit of 999 parameters."""
_PLACE = ("gateway", "api_id", "stage")
_LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)


class StoredRecipients:
    """Reads from the primary database only: a row that was just written counts.

    Pages follow the connection id, the key of both tables, and cost the same wherever
    they begin. Each page is read from one table, so that the database has no choice of
    plans that its statistics could change. A send to several groups reads one group
    after the other, and leaves out the members of earlier groups.
    """

    def pages(
        self, recipients: Recipients, span: Span | None = None
    ) -> Iterator[list[Recipient]]:
        """The connections that an event is for, in pages; each connection once."""
        addresses: dict[tuple[str, str, str], StageAddress] = {}
        exclude = _excluded_ids(recipients)
        for rows in _spanned(recipients, span):
            yield [
                Recipient(
                    row[0],
                    addresses.get(row[1:4])
                    or addresses.setdefault(row[1:4], StageAddress(*row[1:4])),
                    _LONG_AGO if row[4] is None else aware(row[4]),
                )
                for row in rows
                if row[0] not in exclude
            ]

    def excluded_pages(self, recipients: Recipients) -> Iterator[list[Recipient]]:
        """The connections that `exclude` and `exclude_users` leave out of `pages`."""
        for chunk in _chunks(_excluded_ids(recipients)):
            for table in _tables(recipients):
                rows = _only(table.rows, "connection_id", chunk)
                yield [
                    Recipient(row[0], StageAddress(*row[1:]), _LONG_AGO)
                    for row in rows.values_list("connection_id", *_PLACE)
                ]

    def ids(self, recipients: Recipients) -> Iterator[str]:
        """The connection ids alone; `exclude` is ignored."""
        for table in _tables(recipients):
            rows = table.rows.values_list("connection_id")
            for page in _pages(rows, table.earlier_groups, size=IDS_PAGE):
                yield from (row[0] for row in page)

    def exceeds(self, recipients: Recipients, number: int) -> bool:
        """Whether there are more than `number`; the count stops there."""
        found = 0
        for table in _tables(recipients):
            found += _count(table.rows, number + 1 - found)
            if found > number:
                break
        else:
            return False
        overlaps = len(recipients.groups) > 1
        return not overlaps or any(islice(self.ids(recipients), number, None))

    def next_span(
        self, recipients: Recipients, size: int, previous: Span | None
    ) -> Span | None:
        """The span of up to `size` recipients after `previous`. A span ends with its
        group; `last` is None then."""
        index, after = (previous.group_index, previous.last) if previous else (0, "")
        tables = _tables(recipients)
        if after is None:
            index, after = index + 1, ""
        if index >= len(tables):
            return None
        ids = tables[index].rows.filter(connection_id__gt=after)
        last = ids.values_list("connection_id", flat=True)[size - 1 : size].first()
        return Span(group_index=index, after=after, last=last)


@dataclass(frozen=True, slots=True)
class _Table:
    """Rows of one table in the order of the connection ids. Connections that are in one
    of `earlier_groups` of the same send are to be left out."""

    rows: QuerySet[Any]
    earlier_groups: Sequence[str] = ()


def _spanned(
    recipients: Recipients, span: Span | None
) -> Iterator[list[tuple[Any, ...]]]:
    """Rows of connection id, gateway, API, stage, and `stored_at` of young
    connections."""
    tables, after, last = _tables(recipients), "", None
    if span is not None:
        tables = tables[span.group_index : span.group_index + 1]
        after, last = span.after, span.last
    for table in tables:
        rows = table.rows.values_list("connection_id", *_PLACE, _stored_at_if_young())
        rows = rows if last is None else rows.filter(connection_id__lte=last)
        yield from _pages(rows, table.earlier_groups, after, size=PAGE)


def _pages(
    rows: QuerySet[Any], earlier_groups: Sequence[str], after: str = "", *, size: int
) -> Iterator[list[tuple[Any, ...]]]:
    while page := list(rows.filter(connection_id__gt=after)[:size]):
        yield _without(page, earlier_groups) if earlier_groups else page
        if len(page) < size:
            break
        after = page[-1][0]


def _without(
    page: list[tuple[Any, ...]], groups: Sequence[str]
) -> list[tuple[Any, ...]]:
    """The rows of a page whose connections are in none of the groups. This is a query
    by id: as a part of the page's own query, databases may choose to read all of those
    groups for every page."""
    ids = [row[0] for row in page]
    members = Membership.objects.using(alias()).filter(group__in=groups)
    known = members.filter(connection__connection_id__in=ids)
    seen = set(known.values_list("connection_id", flat=True))
    return [row for row in page if row[0] not in seen]


def _count(rows: QuerySet[Any], limit: int) -> int:
    ids = rows.filter(connection_id__gt="").values("connection_id")
    return int(ids[:limit].count())


def _tables(recipients: Recipients) -> list[_Table]:
    """The rows to read, group by group. Recipients that name no one select no rows: an
    empty selection must not reach all connections."""
    if recipients.groups:
        names = sorted(recipients.groups)
        members = Membership.objects.using(alias())
        return [
            _Table(_open(members.filter(group=name), recipients), names[:number])
            for number, name in enumerate(names)
        ]
    rows = OpenConnection.objects.using(alias())
    if recipients.everyone:
        return [_Table(_open(rows, recipients))]
    named, keys = "connection_id", recipients.connection_ids
    if recipients.users:
        named, keys = "user", recipients.users
    return [
        _Table(_open(_only(rows, named, chunk), recipients)) for chunk in _chunks(keys)
    ]


def _only(rows: QuerySet[Any], name: str, keys: Sequence[Any]) -> QuerySet[Any]:
    """Rows with one of these values. For one it is an equality: a range of an index
    that is in the order of the pages."""
    if len(keys) == 1:
        return rows.filter(**{name: keys[0]})
    return rows.filter(**{f"{name}__in": keys})


def _chunks(keys: Iterable[Any]) -> Iterator[tuple[Any, ...]]:
    """In an order that is the same in every process, also of keys that a queued send
    has as text: slices count the chunks."""
    ordered = iter(sorted(keys, key=str))
    while chunk := tuple(islice(ordered, KEYS)):
        yield chunk


def _excluded_ids(recipients: Recipients) -> frozenset[str]:
    return recipients.exclude | _connections_of(recipients.exclude_users)


def _connections_of(users: Iterable[Any]) -> frozenset[str]:
    """The ids of all connections of these users."""
    rows = OpenConnection.objects.using(alias())
    return frozenset(
        connection_id
        for chunk in _chunks(users)
        for connection_id in _only(rows, "user", chunk).values_list(
            "connection_id", flat=True
        )
    )


def _open(rows: QuerySet[Any], recipients: Recipients) -> QuerySet[Any]:
    """Only connections that the gateway still holds, and whose session has not
    ended."""
    rows = rows.filter(expires_at__gt=timezone.now())
    if recipients.gateway:
        rows = rows.filter(gateway=recipients.gateway)
    return rows.order_by("connection_id")


def _stored_at_if_young() -> Case:
    """The `stored_at` of connections that may still be in their handshake, else NULL:
    to read it of every row would cost more than all the rest."""
    since = timezone.now() - HANDSHAKE_GRACE
    return Case(When(stored_at__gt=since, then=F("stored_at")))
