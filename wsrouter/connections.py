"""Open connections of all gateways: one by its id, which users are online, and how to
end connections.

Each function has an async twin with the prefix `a`.
"""

from collections.abc import Iterable, Iterator, Sequence
from functools import partial
from typing import Any, overload

from asgiref.sync import sync_to_async

from wsrouter.auth import backends
from wsrouter.errors import ConnectionGone
from wsrouter.registry import ended_sessions, online, revocation
from wsrouter.registry.open_connections import ConnectionRegistry
from wsrouter.registry.user_keys import user_key, user_keys
from wsrouter.routing.connection import Connection
from wsrouter.routing.ports import Address
from wsrouter.wiring import closing, ending, incoming

__all__ = [
    "aend",
    "aend_stale",
    "aget",
    "ais_online",
    "aonline_users",
    "end",
    "end_stale",
    "get",
    "is_online",
    "online_users",
]


def get(id: str) -> Connection:  # noqa: A002  # as `Connection.id`
    """The open connection of that id, from any view, task or shell. Raises
    ConnectionGone when it is not open, or when its session has ended."""
    connection = None
    if str(id).isprintable():  # a database cannot be asked for others
        connection = ConnectionRegistry(incoming.group_rules).get(id)
    if connection is None:
        raise ConnectionGone(f"Connection {id} is not open.")
    return connection


async def aget(id: str) -> Connection:  # noqa: A002  # as `Connection.id`
    """The async twin of `get`."""
    return await sync_to_async(get)(id)


def end(user: Any) -> int:
    """End every connection of `user`, a user or a primary key, and return how many.

    Their messages are answered `not_authenticated` from now on. After the commit and
    the response, the sockets are closed and `disconnect` handlers get the cause
    `ended`.
    """
    key = user_key(user)
    return ending.end_marked(partial(revocation.expire_user, key))


async def aend(user: Any) -> int:
    """The async twin of `end`."""
    return await sync_to_async(end)(user)


def end_stale() -> int:
    """End the connections whose time is over or whose identity no longer holds, also
    where no signal was sent: an account that `QuerySet.update` made inactive, for
    example. Returns how many sockets were closed. May run in several processes at once.
    """
    accepts = backends.accept if backends.are_asked() else None
    for _ in revocation.expire_stale_identities(accepts):
        pass  # `iter_expired` finds these connections too
    for _ in revocation.expire_ended_sessions():
        pass
    ended_sessions.delete_old()
    return sum(len(_closed(page)) for page in revocation.iter_expired())


def _closed(page: Sequence[Address]) -> Sequence[Address]:
    return closing.finish_all(page, seconds=closing.SWEEP_SECONDS)


async def aend_stale() -> int:
    """The async twin of `end_stale`."""
    return await sync_to_async(end_stale)()


def is_online(user: Any) -> bool:
    """Whether `user`, a user or a primary key, has an open connection."""
    return bool(online.among([user_key(user)]))


async def ais_online(user: Any) -> bool:
    """The async twin of `is_online`."""
    return await sync_to_async(is_online)(user)


@overload
def online_users() -> Iterator[Any]: ...


@overload
def online_users(among: Iterable[Any]) -> set[Any]: ...


def online_users(among: Iterable[Any] | None = None) -> set[Any] | Iterator[Any]:
    """The primary keys of the users who have an open connection: of those in `among`,
    users, primary keys or a queryset, as a set; without it of all users, read page by
    page."""
    return online.everyone() if among is None else online.among(user_keys(among))


async def aonline_users(among: Iterable[Any]) -> set[Any]:
    """The async twin of `online_users` with `among`."""
    return await sync_to_async(online.among)(await sync_to_async(user_keys)(among))
