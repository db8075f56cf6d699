"""Chooses what sends to connections and closes them, as the settings say."""

import logging
from collections.abc import Sequence
from enum import Enum
from functools import cache

from wsrouter import conf, signals
from wsrouter.delivery.ports import Transport
from wsrouter.delivery.sender import Sender
from wsrouter.errors import SendError
from wsrouter.registry.open_connections import ConnectionRegistry
from wsrouter.routing import telemetry
from wsrouter.routing.delivery import Delivery
from wsrouter.routing.frame import Cause
from wsrouter.routing.ports import Address
from wsrouter.routing.table import Stack
from wsrouter.setting_caches import cleared_by
from wsrouter.wiring import (
    frame_log,
    incoming,
    reporting,
    sender_for,
    substitutes,
)

_security = logging.getLogger("wsrouter.security")


@cleared_by("WSROUTER", "INSTALLED_APPS", "DEBUG")
@cache
def sender() -> Sender:
    """What events and connections send through."""
    return sender_for.sender(
        substitutes=substitutes.current,
        forget=forget_all,
        finish=_finish,
        on_delivered=_report,
    )


def transport(alias: str = "default") -> Transport:
    """The way to the sockets of a gateway."""
    return sender().policy(alias).transport


class Closing(Enum):
    """What came of closing a socket."""

    CLOSED = "closed"
    NOT_OPEN = "not open"
    """It was closed already, or its handshake is not done."""
    FAILED = "failed"


def close(address: Address) -> Closing:
    """Close a socket. Uses no database."""
    if address.gateway not in conf.gateways():
        return Closing.CLOSED  # it cannot be reached, and its messages are refused
    try:
        was_open = transport(address.gateway).close(address)
    except SendError as error:
        _security.warning("A connection could not be closed: %s", error)
        return Closing.FAILED
    return Closing.NOT_OPEN if was_open is False else Closing.CLOSED


def forget(address: Address, cause: Cause = Cause.GONE) -> None:
    """Remove a connection that turned out to be closed, and run its disconnect
    handlers."""
    if address.gateway in conf.gateways():
        incoming.lifecycle(address.gateway).connection_lost(address, cause)
    else:
        ConnectionRegistry().forget(address.connection_id, address.gateway)


def forget_all(addresses: Sequence[Address], cause: Cause = Cause.GONE) -> None:
    """Remove connections that turned out to be closed: in one statement where neither
    handlers nor a signal want to know of each."""
    without_handlers: dict[str, list[str]] = {}
    for address in addresses:
        if signals.disconnected.receivers or _has_disconnect_handlers(address.gateway):
            forget(address, cause)
        else:
            ids = without_handlers.setdefault(address.gateway, [])
            ids.append(address.connection_id)
    for gateway, ids in without_handlers.items():
        ConnectionRegistry().forget_all(ids, gateway)
        telemetry.ended(gateway, cause, len(ids))


def _has_disconnect_handlers(alias: str) -> bool:
    if alias not in conf.gateways():
        return False
    return _has_hooks(incoming.lifecycle(alias).hooks.table.disconnects)


def _has_hooks(stack: Stack) -> bool:
    return any(
        not isinstance(member, Stack) or _has_hooks(member) for member in stack.members
    )


def _finish(addresses: Sequence[Address]) -> Sequence[Address]:
    """What a task engine's worker calls; the connections that it must try again."""
    from wsrouter.wiring import closing

    closed = set(closing.finish_all(addresses, seconds=closing.SWEEP_SECONDS))
    return [address for address in addresses if address not in closed]


def _report(delivery: Delivery) -> None:
    reporting.log_report(delivery)
    frame_log.write_send(delivery)
    signals.delivered.send_robust(sender=None, delivery=delivery)
