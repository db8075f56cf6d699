"""Chooses what sends to connections and closes them, as the settings say."""

import logging
from collections.abc import Sequence
from functools import cache

from wsrouter import conf, signals
from wsrouter.delivery.ports import Transport
from wsrouter.delivery.sender import Sender
from wsrouter.errors import SendError
from wsrouter.registry.open_connections import ConnectionRegistry
from wsrouter.routing.delivery import Delivery
from wsrouter.routing.frame import Cause
from wsrouter.routing.ports import Address
from wsrouter.routing.table import Stack
from wsrouter.setting_caches import cleared_by
from wsrouter.wiring import incoming, reporting, sender_for, substitutes

_security = logging.getLogger("wsrouter.security")


@cleared_by("WSROUTER", "INSTALLED_APPS", "DEBUG")
@cache
def sender() -> Sender:
    """What events and connections send through."""
    return sender_for.sender(
        substitute=substitutes.current.transport,
        forget=forget_all,
        finish=finish,
        on_delivered=_report,
    )


def transport(alias: str = "default") -> Transport:
    """The way to the sockets of a gateway."""
    return sender().policy(alias).transport


def finish(address: Address) -> bool:
    """Close a socket whose session has ended, then forget its row. When API Gateway
    cannot be reached, the row stays as it is, expired, for the next sweep."""
    if not close(address):
        return False
    forget(address, Cause.ENDED)
    return True


def close(address: Address) -> bool:
    """Whether a socket is closed now."""
    if address.gateway not in conf.gateways():
        return True  # it cannot be reached, and its messages are refused
    try:
        transport(address.gateway).close(address)
    except SendError as error:
        _security.warning("A connection could not be closed: %s", error)
        return False
    return True


def forget(address: Address, cause: Cause = Cause.GONE) -> None:
    """Remove a connection that turned out to be closed, and run its disconnect
    handlers."""
    if address.gateway in conf.gateways():
        incoming.lifecycle(address.gateway).connection_lost(address, cause)
    else:
        ConnectionRegistry().forget(address.connection_id, address.gateway)


def forget_all(addresses: Sequence[Address]) -> None:
    """Remove connections that turned out to be closed: in one statement where there
    are no disconnect handlers."""
    without_handlers: dict[str, list[str]] = {}
    for address in addresses:
        if _has_disconnect_handlers(address.gateway):
            forget(address)
        else:
            ids = without_handlers.setdefault(address.gateway, [])
            ids.append(address.connection_id)
    for gateway, ids in without_handlers.items():
        ConnectionRegistry().forget_all(ids, gateway)


def _has_disconnect_handlers(alias: str) -> bool:
    if alias not in conf.gateways():
        return False
    return _has_hooks(incoming.lifecycle(alias).hooks.table.disconnects)


def _has_hooks(stack: Stack) -> bool:
    return any(
        not isinstance(member, Stack) or _has_hooks(member) for member in stack.members
    )


def _report(delivery: Delivery) -> None:
    reporting.log_report(delivery)
    signals.delivered.send_robust(sender=None, delivery=delivery)
