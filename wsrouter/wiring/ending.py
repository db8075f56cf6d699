"""Ends connections: closes their sockets, removes their rows and runs their disconnect
handlers, in a worker where the gateway has a task engine."""

import logging
from collections.abc import Sequence
from itertools import groupby
from operator import attrgetter

from wsrouter import conf
from wsrouter.registry import database, revocation
from wsrouter.routing.frame import Cause
from wsrouter.routing.ports import Address, RemovedConnection
from wsrouter.wiring import incoming, outgoing, sender_for

logger = logging.getLogger("wsrouter.security")


def end_after_commit(addresses: list[Address]) -> int:
    """End connections whose rows have been expired, when the open transaction commits
    or now if none is open; returns how many there are."""
    if addresses and not database.after_commit(lambda: _end(addresses)):
        _end(addresses)
    return len(addresses)


def end_refused(address: Address) -> None:
    """End a connection whose message was refused as `not_authenticated`."""
    revocation.expire_connection(address.connection_id)
    _end([address])


def end_removed(removed: Sequence[RemovedConnection]) -> None:
    """Close the sockets of connections whose rows are gone already, and run their
    disconnect handlers."""
    _end([entry.connection.address for entry in removed])
    for entry in removed:
        gateway = entry.connection.address.gateway
        if gateway in conf.gateways():
            lifecycle = incoming.lifecycle(gateway)
            lifecycle.connection_removed(entry.connection, Cause.ENDED)


def _end(addresses: Sequence[Address]) -> None:
    by_gateway = attrgetter("gateway")
    for alias, group in groupby(sorted(addresses, key=by_gateway), by_gateway):
        of_gateway = list(group)
        if not _is_queued(of_gateway, alias):
            for address in of_gateway:
                outgoing.finish(address)


def _is_queued(addresses: Sequence[Address], alias: str) -> bool:
    """Queue the end of connections; False when it has to be done here. A broker that is
    down must not keep a user from logging out, so its errors are logged and passed
    over."""
    try:
        return sender_for.end_in_background(addresses, alias)
    except Exception:
        logger.exception("No worker can be asked to close connections: closed here.")
        return False
