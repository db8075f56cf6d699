"""Declarative routing for Amazon API Gateway WebSocket APIs in Django."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from wsrouter.errors import (
        ConnectionGone,
        DeclarationError,
        DeliveryFailed,
        EventTooLarge,
        HandshakeNotDone,
        MessageError,
        Reject,
        WSRouterError,
    )
    from wsrouter.routing.connection import Connection
    from wsrouter.routing.delivery import Delivery, Report
    from wsrouter.routing.event import Event
    from wsrouter.routing.frame import Disconnected, Frame, Message
    from wsrouter.routing.outcome import Accept
    from wsrouter.routing.router import Router

__all__ = [
    "Accept",
    "Connection",
    "ConnectionGone",
    "DeclarationError",
    "Delivery",
    "DeliveryFailed",
    "Disconnected",
    "Event",
    "EventTooLarge",
    "Frame",
    "HandshakeNotDone",
    "Message",
    "MessageError",
    "Reject",
    "Report",
    "Router",
    "WSRouterError",
]

_HOMES = {
    "Accept": "routing.outcome",
    "Connection": "routing.connection",
    "ConnectionGone": "errors",
    "DeclarationError": "errors",
    "Delivery": "routing.delivery",
    "DeliveryFailed": "errors",
    "Disconnected": "routing.frame",
    "Event": "routing.event",
    "EventTooLarge": "errors",
    "Frame": "routing.frame",
    "HandshakeNotDone": "errors",
    "Message": "routing.frame",
    "MessageError": "errors",
    "Reject": "errors",
    "Report": "routing.delivery",
    "Router": "routing.router",
    "WSRouterError": "errors",
}


def __getattr__(name: str) -> Any:
    """Imported when first used: Django imports this package when it starts, and a
    process that never routes a message need not pay for it."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    found = getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
    globals()[name] = found
    return found
