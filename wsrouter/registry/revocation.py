"""Expires connections whose identity no longer holds, and finds expired ones again.

Messages of an expired connection are refused and sends leave it out. Its row stays
until the socket is closed, so that an end that was interrupted can be finished later.
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from itertools import starmap
from typing import Any

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from wsrouter.delivery.retry import HANDSHAKE_GRACE
from wsrouter.identity import is_current, primary_key
from wsrouter.models import Membership, OpenConnection
from wsrouter.registry import ended_sessions, listed_users, stale_identities
from wsrouter.registry.database import alias
from wsrouter.registry.deleting_rows import Left
from wsrouter.registry.presence import presence_changes
from wsrouter.routing.ports import Address

PAGE_ROWS = 500


def expire_user(user_key: Any) -> list[Address]:
    """Expire every connection of a user."""
    return _expire(_live_rows().filter(user=user_key))


def expire_session(session_hashes: Collection[str]) -> list[Address]:
    """Expire the connections of one session."""
    return _expire(_live_rows().filter(session_hash__in=session_hashes))


def expire_connection(connection_id: str) -> None:
    """Expire one connection, so that its disconnect handlers get the cause `ended`."""
    _expire(_live_rows().filter(connection_id=connection_id))


def expire_connections(connection_ids: Collection[str]) -> list[Address]:
    """Expire these connections."""
    return _expire(_live_rows().filter(connection_id__in=connection_ids))


def expired_among(connection_ids: Collection[str]) -> list[Address]:
    """Those of these connections that have expired and are not closed yet."""
    rows = _rows().filter(connection_id__in=connection_ids)
    return [address(row) for row in rows.filter(expires_at__lte=timezone.now())]


def expire_stale_identities_of(user: Any) -> list[Address]:
    """Expire the connections of a user who was just saved, where the account is now
    inactive or hidden, or the password is another one."""
    key = primary_key(user)
    rows = list(_live_rows().filter(user=key))
    if rows and not listed_users.listed([key]):
        return _expire(rows)
    return _expire(row for row in rows if not is_current(user, row.auth_hash))


def expire_stale_identities(
    accepts: Callable[[Any], bool] | None = None,
) -> Iterator[list[Address]]:
    """Expire the connections of every user who is inactive or hidden, or has another
    password, also where no signal was sent (`QuerySet.update`). With `accepts`, every
    user who is online is read, and asked for."""
    pages = stale_identities.iter_doubtful(_live_rows(), ask_all=accepts is not None)
    for page in pages:
        users = {row.user_id: row.user for row in page}
        listed = listed_users.listed(list(users))
        accepted = {key for key in listed if not accepts or accepts(users[key])}
        yield _expire(
            row
            for row in page
            if row.user_id not in accepted or not is_current(row.user, row.auth_hash)
        )


def expire_ended_sessions() -> Iterator[list[Address]]:
    """Expire the connections of sessions that have ended lately, for a process that
    stopped between the commit of an end and this."""
    for session_hashes in ended_sessions.iter_recent():
        yield expire_session(session_hashes)


def young_of(addresses: Sequence[Address]) -> dict[Address, bool]:
    """Those that may still be in their handshake, with whether they have a row: it was
    stored just now, or is missing because it was deleted together with its user."""
    ids = [address.connection_id for address in addresses]
    rows = _rows().filter(connection_id__in=ids)
    stored_at = dict(rows.values_list("connection_id", "stored_at"))
    since = timezone.now() - HANDSHAKE_GRACE
    return {
        address: address.connection_id in stored_at
        for address in addresses
        if stored_at.get(address.connection_id, timezone.now()) > since
    }


def iter_expired(
    rows: "QuerySet[OpenConnection] | None" = None,
) -> Iterator[list[Address]]:
    """Pages of connections that have expired by now, those that expired first coming
    first; without `rows`, of all connections. Rows that have not expired are not read.
    """
    rows = _rows() if rows is None else rows
    rows = rows.filter(expires_at__lte=timezone.now()).order_by("expires_at", "pk")
    after = Q()
    while page := list(rows.filter(after)[:PAGE_ROWS]):
        yield [address(row) for row in page]
        end, last = page[-1].expires_at, page[-1].pk
        after = Q(expires_at__gte=end) & (Q(expires_at__gt=end) | Q(pk__gt=last))


def address(row: OpenConnection) -> Address:
    """The address of the connection of a row."""
    return Address(
        connection_id=row.connection_id,
        gateway=row.gateway,
        api_id=row.api_id,
        stage=row.stage,
    )


def _expire(rows: Iterable[OpenConnection]) -> list[Address]:
    rows = list(rows)
    if rows:
        _set_expired(rows)
    return [address(row) for row in rows]


def _set_expired(rows: list[OpenConnection]) -> None:
    """Connections are updated before memberships: a membership that is inserted in
    between copies `expires_at` from the connection's row."""
    now = timezone.now()
    ids = [row.connection_id for row in rows]
    with transaction.atomic(using=alias()):
        _rows().filter(pk__in=[row.pk for row in rows]).update(expires_at=now)
        members = Membership.objects.using(alias()).filter(
            connection__connection_id__in=ids
        )
        members.update(expires_at=now)
        if presence_changes.is_any_watched():
            left = members.values_list("gateway", "group", "user_id")
            presence_changes.add_left(starmap(Left, left), using=alias())


def _live_rows() -> "QuerySet[OpenConnection]":
    return _rows().filter(expires_at__gt=timezone.now())


def _rows() -> "QuerySet[OpenConnection]":
    return OpenConnection.objects.using(alias()).defer("state", "user_agent")
