"""Ends connections for real: the row goes, the socket is closed, handlers are told."""

import logging
from collections.abc import Sequence
from itertools import groupby
from operator import attrgetter
from typing import Any

from asgiref.sync import sync_to_async

from wsrouter import conf
from wsrouter.registry import database, revocation
from wsrouter.routing.frame import Cause
from wsrouter.routing.ports import Address, RemovedConnection
from wsrouter.wiring import incoming, outgoing, sender_for

logger = logging.getLogger("wsrouter.security")


def end(user: Any) -> int:
    """End every connection of a user (or primary key), after the commit; returns how
    many. From now on their messages are answered `not_authenticated`."""
    return finish_after_commit(revocation.of_user(getattr(user, "pk", user)))


async def aend(user: Any) -> int:
    """The async twin of `end`."""
    return await sync_to_async(end)(user)


def sweep() -> int:
    """End what has expired, and what no signal told of, such as an account that
    `QuerySet.update` made inactive; returns how many. Safe to run twice at once."""
    for _ in revocation.of_strangers():
        """Marked is enough: it is found below, with what was marked before."""
    return sum(
        outgoing.finish(address) for page in revocation.marked() for address in page
    )


def finish_after_commit(addresses: list[Address]) -> int:
    """Close the sockets of rows that were marked: in the background where the gateway
    has an engine, else here."""
    if addresses and not database.after_commit(lambda: _finish(addresses)):
        _finish(addresses)
    return len(addresses)


def end_found(address: Address) -> None:
    """End a connection whose message was refused as `not_authenticated`."""
    revocation.of_connection(address.connection_id)
    _finish([address])


def tell(forgotten: Sequence[RemovedConnection]) -> None:
    """For rows that are gone already: close the sockets, and tell the handlers."""
    _finish([each.connection.address for each in forgotten])
    for each in forgotten:
        gateway = each.connection.address.gateway
        if gateway in conf.gateways():
            lifecycle = incoming.lifecycle(gateway)
            lifecycle.connection_removed(each.connection, Cause.ENDED)


def _finish(addresses: Sequence[Address]) -> None:
    by_gateway = attrgetter("gateway")
    for alias, found in groupby(sorted(addresses, key=by_gateway), by_gateway):
        mine = list(found)
        if not _queued(mine, alias):
            for address in mine:
                outgoing.finish(address)


def _queued(addresses: Sequence[Address], alias: str) -> bool:
    """A broker that is down keeps nobody from logging out."""
    try:
        return sender_for.end_in_background(addresses, alias)
    except Exception:
        logger.exception("No worker can be asked to close connections: closed here.")
        return False
