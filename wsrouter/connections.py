"""Open connections of all gateways: which users are online, and how to end connections.

Each function has an async twin with the prefix `a`.
"""

from collections.abc import Sequence
from functools import partial
from typing import Any

from asgiref.sync import sync_to_async
from django.utils import timezone

from wsrouter.auth import backends
from wsrouter.models import OpenConnection
from wsrouter.registry import ended_sessions, revocation
from wsrouter.registry.database import alias
from wsrouter.routing.ports import Address
from wsrouter.wiring import closing, ending

__all__ = [
    "aend",
    "aend_stale",
    "aonline_users",
    "end",
    "end_stale",
    "online_users",
]


def end(user: Any) -> int:
    """End every connection of `user`, a user or a primary key, and return how many.

    Their messages are answered `not_authenticated` from now on. After the commit and
    the response, the sockets are closed and `disconnect` handlers get the cause
    `ended`.
    """
    user_key = getattr(user, "pk", user)
    return ending.end_marked(partial(revocation.expire_user, user_key))


async def aend(user: Any) -> int:
    """The async twin of `end`."""
    return await sync_to_async(end)(user)


def end_stale() -> int:
    """End the connections whose time is over or whose identity no longer holds, also
    where no signal was sent: an account that `QuerySet.update` made inactive, for
    example. Returns how many sockets were closed. May run in several processes at once.
    """
    for _ in revocation.expire_stale_identities(backends.accept):
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


def online_users() -> set[Any]:
    """The primary keys of the users who have an open connection."""
    rows = OpenConnection.objects.using(alias())
    rows = rows.filter(expires_at__gt=timezone.now(), user__isnull=False)
    return set(rows.order_by().values_list("user", flat=True).distinct())


async def aonline_users() -> set[Any]:
    """The async twin of `online_users`."""
    return await sync_to_async(online_users)()
