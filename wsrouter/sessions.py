"""Ends connections for real: the row goes, the socket is closed, handlers are told."""

import logging
from collections.abc import Iterable
from typing import Any

from asgiref.sync import sync_to_async

from wsrouter import assembly, conf, revocation, transactions
from wsrouter.errors import SendError
from wsrouter.routing.frame import Cause
from wsrouter.routing.ports import Address, Forgotten

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
    return sum(finish(address) for page in revocation.marked() for address in page)


def finish_after_commit(addresses: list[Address]) -> int:
    """Close the sockets of rows that were marked."""
    if addresses and not transactions.after_commit(lambda: _finish_all(addresses)):
        _finish_all(addresses)
    return len(addresses)


def finish(address: Address) -> bool:
    """Close a socket, then forget its row. When API Gateway cannot be reached the row
    stays as it is, expired, for the next sweep."""
    if not _closed(address):
        return False
    assembly.forget(address, Cause.ENDED)
    return True


def end_found(address: Address) -> None:
    """End a connection whose message was refused as `not_authenticated`."""
    revocation.of_connection(address.connection_id)
    finish(address)


def tell(forgotten: Iterable[Forgotten]) -> None:
    """For rows that are gone already: close the sockets, and tell the handlers."""
    for each in forgotten:
        address = each.connection.address
        _closed(address)
        if address.gateway in conf.gateways():
            lifecycle = assembly.lifecycle(address.gateway)
            lifecycle.forgotten(each.connection, Cause.ENDED)


def _finish_all(addresses: list[Address]) -> None:
    for address in addresses:
        finish(address)


def _closed(address: Address) -> bool:
    if address.gateway not in conf.gateways():
        return True  # nobody can close it, and nothing of it will arrive
    try:
        assembly.sender().close(address)
    except SendError as error:
        logger.warning("A connection could not be closed: %s", error)
        return False
    return True
