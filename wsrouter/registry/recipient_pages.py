"""Pages of recipients: the rows to read, and the compiled queries that read them.

A table's rows are chosen by one column. The queries for it are compiled once; only
those with a list of values, such as many users, are compiled each time.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import islice
from typing import Any, NamedTuple

from django.db.models import Case, F, QuerySet, When
from django.utils import timezone

from wsrouter.delivery.retry import HANDSHAKE_GRACE
from wsrouter.models import Membership, OpenConnection
from wsrouter.registry.compiled_query import CompiledQuery, Parameter, compiled
from wsrouter.registry.database import alias
from wsrouter.routing.ports import Recipients
from wsrouter.setting_caches import cleared_by

Page = list[tuple[Any, ...]]
PAGE = 1000
"""Rows in a page of recipients."""
IDS_PAGE = 5 * PAGE
"""Rows in a page of ids alone. They are small, and a query costs as much as many of
them."""
KEYS = 500
"""Connection ids or users in one query: SQLite may have a limit of 999 parameters."""
PLACE = ("gateway", "api_id", "stage")


class _Choice(NamedTuple):
    """How a table's rows are chosen: by the values of a column, or all where it has no
    name; and whether those of one gateway only."""

    model: type[Membership] | type[OpenConnection]
    column: str
    of_gateway: bool

    def rows(self, keys: Sequence[Any], now: Any, gateway: Any) -> "QuerySet[Any]":
        """Only connections that the gateway still holds, and whose session has not
        ended."""
        rows = self.model._default_manager.using(alias())
        if self.column:
            rows = only(rows, self.column, keys)
        rows = rows.filter(expires_at__gt=now)
        if self.of_gateway:
            rows = rows.filter(gateway=gateway)
        return rows.order_by("connection_id")

    def parameter(self, name: str, column: str) -> Parameter:
        field: Any = self.model._meta.get_field(column)
        return Parameter(name, field)


class _Kind(NamedTuple):
    """How many rows a page has and which of their columns, and whether it has an upper
    bound."""

    size: int
    ids_only: bool = False
    is_bounded: bool = False


@dataclass(frozen=True, slots=True)
class Table:
    """Rows of one table in the order of the connection ids. Connections that are in one
    of `earlier_groups` of the same send are to be left out."""

    choice: _Choice
    keys: Sequence[Any]
    gateway: str
    earlier_groups: Sequence[str] = ()

    @property
    def rows(self) -> "QuerySet[Any]":
        return self.choice.rows(self.keys, timezone.now(), self.gateway)

    def pages(self, after: str = "", last: str | None = None) -> Iterator[Page]:
        """Rows of connection id, gateway, API, stage, and `stored_at` of young
        connections."""
        return self._pages(_Kind(PAGE, is_bounded=last is not None), after, last)

    def pages_of_ids(self) -> Iterator[Page]:
        """Rows of the connection id alone."""
        return self._pages(_Kind(IDS_PAGE, ids_only=True), "", None)

    def _pages(self, kind: _Kind, after: str, last: str | None) -> Iterator[Page]:
        using, now = alias(), timezone.now()
        query = self._query(kind, using)
        values = {"now": now, "since": now - HANDSHAKE_GRACE, "last": last}
        values |= {"gateway": self.gateway, "key": next(iter(self.keys), None)}
        while page := query.rows({**values, "after": after}, using=using):
            yield _without(page, self.earlier_groups) if self.earlier_groups else page
            if len(page) < kind.size:
                break
            after = page[-1][0]

    def _query(self, kind: _Kind, using: str) -> CompiledQuery:
        if len(self.keys) > 1:
            return _compiled(self.choice, kind, self.keys, using)
        return _compiled_once(self.choice, kind, using)


def tables(recipients: Recipients) -> list[Table]:
    """The rows to read, group by group. Recipients that name no one select no rows: an
    empty selection must not reach all connections."""
    gateway = recipients.gateway
    if recipients.groups:
        names = sorted(recipients.groups)
        choice = _Choice(Membership, "group", bool(gateway))
        return [
            Table(choice, (name,), gateway, names[:number])
            for number, name in enumerate(names)
        ]
    if recipients.everyone:
        return [Table(_Choice(OpenConnection, "", bool(gateway)), (), gateway)]
    named, keys = "connection_id", recipients.connection_ids
    if recipients.users:
        named, keys = "user", recipients.users
    choice = _Choice(OpenConnection, named, bool(gateway))
    return [Table(choice, chunk, gateway) for chunk in chunks(keys)]


def only(rows: "QuerySet[Any]", name: str, keys: Sequence[Any]) -> "QuerySet[Any]":
    """Rows with one of these values. For one it is an equality: a range of an index
    that is in the order of the pages."""
    if len(keys) == 1:
        return rows.filter(**{name: keys[0]})
    return rows.filter(**{f"{name}__in": keys})


def chunks(keys: Iterable[Any]) -> Iterator[tuple[Any, ...]]:
    """In an order that is the same in every process, also of keys that a queued send
    has as text: slices count the chunks."""
    ordered = iter(sorted(keys, key=str))
    while chunk := tuple(islice(ordered, KEYS)):
        yield chunk


@cleared_by("USE_TZ", "TIME_ZONE", "DATABASES", "AUTH_USER_MODEL")
@lru_cache(maxsize=64)
def _compiled_once(choice: _Choice, kind: _Kind, using: str) -> CompiledQuery:
    """With a parameter for the one key, if there is any."""
    keys = [choice.parameter("key", choice.column)] if choice.column else []
    return _compiled(choice, kind, keys, using)


def _compiled(
    choice: _Choice, kind: _Kind, keys: Sequence[Any], using: str
) -> CompiledQuery:
    now = choice.parameter("now", "expires_at")
    rows = choice.rows(keys, now, Parameter("gateway"))
    rows = rows.filter(connection_id__gt=Parameter("after"))
    if kind.is_bounded:
        rows = rows.filter(connection_id__lte=Parameter("last"))
    more = () if kind.ids_only else (*PLACE, _stored_at_if_young(choice))
    rows = rows.values_list("connection_id", *more)[: kind.size]
    return compiled(rows, using=using)


def _stored_at_if_young(choice: _Choice) -> Case:
    """The `stored_at` of connections that may still be in their handshake, else NULL:
    to read it of every row would cost more than all the rest."""
    since = choice.parameter("since", "stored_at")
    return Case(When(stored_at__gt=since, then=F("stored_at")))


def _without(page: Page, groups: Sequence[str]) -> Page:
    """The rows of a page whose connections are in none of the groups. This is a query
    by id: as a part of the page's own query, databases may choose to read all of those
    groups for every page."""
    ids = [row[0] for row in page]
    members = Membership.objects.using(alias()).filter(group__in=groups)
    known = members.filter(connection__connection_id__in=ids)
    seen = set(known.values_list("connection_id", flat=True))
    return [row for row in page if row[0] not in seen]
