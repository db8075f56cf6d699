"""The recipients of an event, read from the database page by page."""

from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import islice
from typing import Any

from django.db.models import QuerySet

from wsrouter.delivery.ports import Recipient, Span, StageAddress
from wsrouter.registry import recipient_pages
from wsrouter.registry.database import aware
from wsrouter.registry.recipient_pages import PLACE, chunks, only, tables
from wsrouter.routing.ports import Recipients

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
        for chunk in chunks(_excluded_ids(recipients)):
            for table in tables(recipients):
                rows = only(table.rows, "connection_id", chunk)
                yield [
                    Recipient(row[0], StageAddress(*row[1:4]), aware(row[4]))
                    for row in rows.values_list("connection_id", *PLACE, "stored_at")
                ]

    def ids(self, recipients: Recipients) -> Iterator[str]:
        """The connection ids alone; `exclude` is ignored."""
        for table in tables(recipients):
            for page in table.pages_of_ids():
                yield from (row[0] for row in page)

    def exceeds(self, recipients: Recipients, number: int) -> bool:
        """Whether there are more than `number`; the count stops there."""
        found = 0
        for table in tables(recipients):
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
        found = tables(recipients)
        if after is None:
            index, after = index + 1, ""
        if index >= len(found):
            return None
        ids = found[index].rows.filter(connection_id__gt=after)
        last = ids.values_list("connection_id", flat=True)[size - 1 : size].first()
        return Span(group_index=index, after=after, last=last)


def _spanned(
    recipients: Recipients, span: Span | None
) -> Iterator[recipient_pages.Page]:
    if span is None:
        for table in tables(recipients):
            yield from table.pages()
        return
    for table in tables(recipients)[span.group_index : span.group_index + 1]:
        yield from table.pages(span.after, span.last)


def _count(rows: "QuerySet[Any]", limit: int) -> int:
    ids = rows.filter(connection_id__gt="").values("connection_id")
    return int(ids[:limit].count())


def _excluded_ids(recipients: Recipients) -> frozenset[str]:
    """Also the ids of all connections of the users that are left out."""
    if not recipients.exclude_users:
        return recipients.exclude
    of_users = Recipients(users=recipients.exclude_users)
    return recipients.exclude.union(StoredRecipients().ids(of_users))
