"""Marks the connections whose identity does not hold any more, and finds them again.

A marked row has expired: its messages are refused and sends leave it out. It stays
until the socket is closed, so that whoever comes later can finish what was begun.
"""

from collections.abc import Iterable, Iterator
from typing import Any

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from wsrouter.identity import is_current
from wsrouter.models import Membership, OpenConnection
from wsrouter.registry.database import alias
from wsrouter.routing.ports import Address

PAGE = 500


def of_user(key: Any) -> list[Address]:
    """Mark every connection of a user."""
    return _mark(_live().filter(user=key))


def of_sessions(user_key: Any) -> list[Address]:
    """Mark every connection of a user that came with a session."""
    return _mark(_live().filter(user=user_key).exclude(session_hash=""))


def of_session(session_hashes: list[str]) -> list[Address]:
    """Mark the connections of one session."""
    return _mark(_live().filter(session_hash__in=session_hashes))


def of_former_key(user: Any) -> list[Address]:
    """Mark a user's connections from before the SECRET_KEY was changed: their session
    has another key since."""
    rows = _live().filter(user=user.pk).exclude(session_hash="")
    return _mark(rows.exclude(auth_hash=user.get_session_auth_hash()))


def of_connection(connection_id: str) -> None:
    """Mark one connection, so that its end has the right cause."""
    _mark(_live().filter(connection_id=connection_id))


def of_changed(user: Any) -> list[Address]:
    """Mark what a user who was just saved does not stand for any more."""
    rows = _live().filter(user=user.pk)
    return _mark(each for each in rows if not is_current(user, each.auth_hash))


def of_strangers() -> Iterator[list[Address]]:
    """Mark what no signal told of: users changed by QuerySet.update, for example."""
    rows = _live().filter(user__isnull=False).select_related("user")
    for page in _pages(rows):
        yield _mark(each for each in page if not is_current(each.user, each.auth_hash))


def marked() -> Iterator[list[Address]]:
    """Everything that has expired, also by itself."""
    return expired(_rows())


def expired(rows: "QuerySet[OpenConnection]") -> Iterator[list[Address]]:
    """Those of the rows that have expired by now, in the order in which they did: what
    has not is not looked at."""
    rows = rows.filter(expires_at__lte=timezone.now()).order_by("expires_at", "pk")
    behind = Q()
    while page := list(rows.filter(behind)[:PAGE]):
        yield [address(row) for row in page]
        end, last = page[-1].expires_at, page[-1].pk
        behind = Q(expires_at__gte=end) & (Q(expires_at__gt=end) | Q(pk__gt=last))


def address(row: OpenConnection) -> Address:
    return Address(
        connection_id=row.connection_id,
        gateway=row.gateway,
        api_id=row.api_id,
        stage=row.stage,
    )


def _mark(rows: Iterable[OpenConnection]) -> list[Address]:
    found = list(rows)
    if found:
        _expire(found)
    return [address(row) for row in found]


def _expire(rows: list[OpenConnection]) -> None:
    """The rows first: a membership that is made meanwhile copies what they say."""
    now = timezone.now()
    ids = [row.connection_id for row in rows]
    with transaction.atomic(using=alias()):
        _rows().filter(pk__in=[row.pk for row in rows]).update(expires_at=now)
        members = Membership.objects.using(alias()).filter(
            connection__connection_id__in=ids
        )
        members.update(expires_at=now)


def _pages(rows: "QuerySet[OpenConnection]") -> Iterator[list[OpenConnection]]:
    last = 0
    while page := list(rows.filter(pk__gt=last).order_by("pk")[:PAGE]):
        last = page[-1].pk
        yield page


def _live() -> "QuerySet[OpenConnection]":
    return _rows().filter(expires_at__gt=timezone.now())


def _rows() -> "QuerySet[OpenConnection]":
    return OpenConnection.objects.using(alias()).defer("state", "user_agent")
