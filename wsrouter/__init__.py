"""Declarative routing for Amazon API Gateway WebSocket APIs in Django."""

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
