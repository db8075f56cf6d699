"""The members of groups: who they are, and how to put them in and take them out from
any view, task or shell.

A connection whose time is over does not count. Every call reads or writes the database
at once. With `gateway` only the connections of that gateway are meant. No group rule is
asked: here the server decides. A handler lets its own connection join and leave with
`connection.join` and `connection.leave`.
"""

from collections.abc import Iterable, Iterator
from typing import Any, TypedDict, Unpack

from asgiref.sync import sync_to_async
from django.utils import timezone

from wsrouter.errors import HandshakeNotDone
from wsrouter.models import Membership
from wsrouter.registry import memberships
from wsrouter.registry.database import alias
from wsrouter.registry.recipients import StoredRecipients
from wsrouter.registry.retrying import retried
from wsrouter.registry.user_keys import user_key, user_keys
from wsrouter.routing import ports
from wsrouter.routing.group import checked_group
from wsrouter.routing.named_connections import (
    ConnectionOrId,
    connection_id,
    connection_ids,
    gateway_name,
)
from wsrouter.routing.ports import Recipients

__all__ = [
    "aadd",
    "aclear",
    "acount",
    "add",
    "aremove",
    "ausers",
    "clear",
    "count",
    "members",
    "remove",
    "users",
]


class Chosen(TypedDict, total=False):
    """The keyword arguments of `add` and `remove`."""

    user: Any
    users: Iterable[Any] | None
    connection: ConnectionOrId | None
    connections: Iterable[ConnectionOrId] | None
    gateway: str | None


def members(group: str, *, gateway: str | None = None) -> Iterator[str]:
    """The ids of the open connections in a group, read page by page. Raises
    InvalidValue for an impossible name."""
    place = gateway_name(gateway, call="members")
    names = frozenset({checked_group(group)})
    return StoredRecipients().ids(Recipients(groups=names, gateway=place))


def count(group: str, *, gateway: str | None = None) -> int:
    """The number of open connections in a group. Raises InvalidValue for an impossible
    name."""
    return int(_memberships(group, gateway_name(gateway, call="count")).count())


def users(group: str, *, gateway: str | None = None) -> set[Any]:
    """The primary keys of the users who have an open connection in a group. Raises
    InvalidValue for an impossible name. `wsrouter.connections.online_users` is for
    users in any group or none."""
    rows = _memberships(group, gateway_name(gateway, call="users"))
    rows = rows.filter(user__isnull=False)
    return set(rows.order_by().values_list("user", flat=True).distinct())


def add(group: str, **chosen: Unpack[Chosen]) -> int:
    """Put open connections into a group, all of them or none: those of `user=` or
    `users=`, or `connection=` or `connections=`. Returns how many were not in it.
    Connections that open later are not in it. Raises InvalidValue for an impossible
    name."""
    name, ids = checked_group(group), _ids("add", **chosen)
    return retried(lambda: memberships.add(name, ids, using=alias()))


def remove(group: str, **chosen: Unpack[Chosen]) -> int:
    """Take open connections out of a group, chosen as in `add`; their sockets stay
    open. Returns how many were in it."""
    name, ids = checked_group(group), _ids("remove", **chosen)
    return retried(lambda: memberships.remove(name, ids, using=alias()))


def clear(group: str, *, gateway: str | None = None) -> int:
    """Take all connections out of a group; their sockets stay open. Returns how many
    were in it."""
    name, place = checked_group(group), gateway_name(gateway, call="clear")
    return retried(lambda: memberships.clear(name, place, using=alias()))


async def acount(group: str, *, gateway: str | None = None) -> int:
    """The async twin of `count`."""
    return await sync_to_async(count)(group, gateway=gateway)


async def ausers(group: str, *, gateway: str | None = None) -> set[Any]:
    """The async twin of `users`."""
    return await sync_to_async(users)(group, gateway=gateway)


async def aadd(group: str, **chosen: Unpack[Chosen]) -> int:
    """The async twin of `add`."""
    return await sync_to_async(add)(group, **chosen)


async def aremove(group: str, **chosen: Unpack[Chosen]) -> int:
    """The async twin of `remove`."""
    return await sync_to_async(remove)(group, **chosen)


async def aclear(group: str, *, gateway: str | None = None) -> int:
    """The async twin of `clear`."""
    return await sync_to_async(clear)(group, gateway=gateway)


def _ids(
    call: str,
    user: Any = None,
    users: Iterable[Any] | None = None,
    connection: ConnectionOrId | None = None,
    connections: Iterable[ConnectionOrId] | None = None,
    gateway: str | None = None,
) -> list[str]:
    """The ids of the open connections that were chosen, read in pages."""
    given = user, users, connection, connections
    if sum(value is not None for value in given) != 1:
        raise TypeError(
            f"{call}() needs exactly one of user=, users=, connection= and"
            " connections=."
        )
    named = frozenset() if connection is None else {connection_id(connection)}
    keys = frozenset() if user is None else {user_key(user)}
    if connections is not None:
        named = connection_ids(connections, call=call)
    if users is not None:
        keys = user_keys(users)
    _refuse_new(named)
    place = gateway_name(gateway, call=call)
    chosen = Recipients(
        connection_ids=frozenset(named), users=frozenset(keys), gateway=place
    )
    return list(StoredRecipients().ids(chosen))


def _refuse_new(ids: Iterable[str]) -> None:
    """The connection of a running `connect` handler has no row yet."""
    new = ports.connection_in_handshake()
    if new is not None and new.id in ids:
        raise HandshakeNotDone(
            f"The handshake of connection {new.id} is not done: let it join and leave"
            " with connection.join and connection.leave."
        )


def _memberships(group: str, gateway: str) -> Any:
    rows = Membership.objects.using(alias())
    rows = rows.filter(group=checked_group(group), expires_at__gt=timezone.now())
    return rows.filter(gateway=gateway) if gateway else rows
