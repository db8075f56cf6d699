"""For the tests of applications: WebSocket clients, what was sent, and faults."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from wsrouter.testing.async_client import AsyncWebSocketClient
    from wsrouter.testing.client import WebSocketClient
    from wsrouter.testing.event_capture import CapturedEvents, captured_events
    from wsrouter.testing.inbox import Gap, Subscription
    from wsrouter.testing.live_gateway import LiveGateway, LiveGatewayMixin
    from wsrouter.testing.outcomes import (
        ErrorFrame,
        HandshakeRefused,
        NotAtThisGateway,
    )
    from wsrouter.testing.sent_event import SentEvent

__all__ = [
    "AsyncWebSocketClient",
    "CapturedEvents",
    "ErrorFrame",
    "Gap",
    "HandshakeRefused",
    "LiveGateway",
    "LiveGatewayMixin",
    "NotAtThisGateway",
    "SentEvent",
    "Subscription",
    "WebSocketClient",
    "captured_events",
]

_MODULES = {
    "AsyncWebSocketClient": "async_client",
    "CapturedEvents": "event_capture",
    "ErrorFrame": "outcomes",
    "Gap": "inbox",
    "HandshakeRefused": "outcomes",
    "LiveGateway": "live_gateway",
    "LiveGatewayMixin": "live_gateway",
    "NotAtThisGateway": "outcomes",
    "SentEvent": "sent_event",
    "Subscription": "inbox",
    "WebSocketClient": "client",
    "captured_events": "event_capture",
}


def __getattr__(name: str) -> Any:
    """Import a name when it is first used: pytest loads the plugin in this package
    before Django has its settings."""
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(f"{__name__}.{_MODULES[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return list(__all__)
