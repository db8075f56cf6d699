"""Streams of kept events: how far they are, for pages that read their state by HTTP.

Each function has an async twin with the prefix `a`.
"""

from collections.abc import Iterable
from typing import Any

from asgiref.sync import sync_to_async

from wsrouter import conf
from wsrouter.registry.streams import positions as stored
from wsrouter.registry.streams.numbering import GROUP, USER
from wsrouter.registry.user_keys import user_key
from wsrouter.routing.group import checked_group
from wsrouter.routing.resume import Seen
from wsrouter.routing.table import table
from wsrouter.wire.stream_frames import StreamPosition
from wsrouter.wiring.routers import root_router

__all__ = ["apositions", "positions"]


def positions(
    *, groups: Iterable[str] = (), user: Any = None, gateway: str = "default"
) -> dict[str, Seen]:
    """The positions of the streams of groups and of a user, for the option `since` of a
    client: it is sent every kept event from here on. Read them BEFORE the state that
    the page shows; an event may then be in both, and none is missed.

    `user` is a user or a primary key; an anonymous one has no stream. Raises
    InvalidValue for an impossible group name, and ConfigurationError for an unknown
    gateway. Empty where the gateway's router keeps no event.
    """
    if isinstance(groups, str):
        raise TypeError("positions(groups=...) takes several names, not a string.")
    names = list(dict.fromkeys(map(checked_group, groups)))
    if not table(root_router(conf.gateway(gateway))).keeps_events:
        return {}
    found = stored.of_names(gateway, GROUP, names) if names else []
    if user is not None and getattr(user, "is_authenticated", True):
        found += stored.of_names(gateway, USER, [str(user_key(user))])
    return dict(map(_as_since, found))


async def apositions(
    *, groups: Iterable[str] = (), user: Any = None, gateway: str = "default"
) -> dict[str, Seen]:
    """The async twin of `positions`."""
    return await sync_to_async(positions)(groups=groups, user=user, gateway=gateway)


def _as_since(position: StreamPosition) -> tuple[str, Seen]:
    return position.id, {"epoch": position.epoch, "seq": position.seq}
