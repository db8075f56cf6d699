"""Declarative routing for Amazon API Gateway WebSocket APIs in Django."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from wsrouter.conf import ConfigurationError
    from wsrouter.errors import (
        ConnectionGone,
        DeclarationError,
        DeliveryFailed,
        EventTooLarge,
        HandshakeNotDone,
        InvalidEnvelope,
        InvalidReply,
        InvalidValue,
        MessageError,
        MissingExtra,
        NoAddress,
        NotReady,
        Reject,
        SendError,
        TooManyTickets,
        UndeclaredError,
        WSRouterError,
    )
    from wsrouter.routing.connection import Connection
    from wsrouter.routing.delivery import Delivery, Report
    from wsrouter.routing.envelope_class import ClientMessage, Envelope
    from wsrouter.routing.event import Event
    from wsrouter.routing.frame import Disconnected, Frame, Message
    from wsrouter.routing.handled import HandledFrame
    from wsrouter.routing.keep import Keep
    from wsrouter.routing.outcome import Accept, Raw
    from wsrouter.routing.permission import AnyOf
    from wsrouter.routing.presence import Presence, PresenceList, Present
    from wsrouter.routing.router import Router
    from wsrouter.wiring.client_url import client_url

    __version__: str

__all__ = [
    "Accept",
    "AnyOf",
    "ClientMessage",
    "ConfigurationError",
    "Connection",
    "ConnectionGone",
    "DeclarationError",
    "Delivery",
    "DeliveryFailed",
    "Disconnected",
    "Envelope",
    "Event",
    "EventTooLarge",
    "Frame",
    "HandledFrame",
    "HandshakeNotDone",
    "InvalidEnvelope",
    "InvalidReply",
    "InvalidValue",
    "Keep",
    "Message",
    "MessageError",
    "MissingExtra",
    "NoAddress",
    "NotReady",
    "Presence",
    "PresenceList",
    "Present",
    "Raw",
    "Reject",
    "Report",
    "Router",
    "SendError",
    "TooManyTickets",
    "UndeclaredError",
    "WSRouterError",
    "__version__",
    "client_url",
]

_DISTRIBUTION = "django-wsrouter"
_MODULES = {
    "Accept": "routing.outcome",
    "AnyOf": "routing.permission",
    "ClientMessage": "routing.envelope_class",
    "ConfigurationError": "conf",
    "Connection": "routing.connection",
    "ConnectionGone": "errors",
    "DeclarationError": "errors",
    "Delivery": "routing.delivery",
    "DeliveryFailed": "errors",
    "Disconnected": "routing.frame",
    "Envelope": "routing.envelope_class",
    "Event": "routing.event",
    "EventTooLarge": "errors",
    "Frame": "routing.frame",
    "HandledFrame": "routing.handled",
    "HandshakeNotDone": "errors",
    "InvalidEnvelope": "errors",
    "InvalidReply": "errors",
    "InvalidValue": "errors",
    "Keep": "routing.keep",
    "Message": "routing.frame",
    "MessageError": "errors",
    "MissingExtra": "errors",
    "NoAddress": "errors",
    "NotReady": "errors",
    "Presence": "routing.presence",
    "PresenceList": "routing.presence",
    "Present": "routing.presence",
    "Raw": "routing.outcome",
    "Reject": "errors",
    "Report": "routing.delivery",
    "Router": "routing.router",
    "SendError": "errors",
    "TooManyTickets": "errors",
    "UndeclaredError": "errors",
    "WSRouterError": "errors",
    "client_url": "wiring.client_url",
}


def __getattr__(name: str) -> Any:
    """Import a public name when it is first used. Django imports this package when it
    starts, and a process that never routes a message need not import the rest."""
    if name == "__version__":
        from importlib.metadata import version  # its import takes 28 ms

        value: Any = version(_DISTRIBUTION)
    elif name in _MODULES:
        value = getattr(import_module(f"{__name__}.{_MODULES[name]}"), name)
    else:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return list(__all__)
