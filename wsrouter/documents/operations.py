"""What the application receives from clients and sends to them."""

from collections.abc import Iterator
from typing import Any

from wsrouter.catalog.routes import ApiSpec, EventSpec, RouteSpec
from wsrouter.catalog.snapshot import DEFAULT
from wsrouter.documents.channel_messages import GATEWAY_ERROR, SKIPPED, UNROUTED
from wsrouter.documents.names import identifier
from wsrouter.documents.schemas import described_events, described_routes
from wsrouter.wire import stream_frames

Operation = dict[str, Any]
CHANNEL = "socket"
EXTENSION = "x-wsrouter"
"""Where an operation says what AsyncAPI has no word for."""


def operations(spec: ApiSpec, security: dict[str, Any]) -> dict[str, Operation]:
    """The operations by their ids: `receive.<route>`, `send.<event>`."""
    found: dict[str, Operation] = {}
    for route in described_routes(spec):
        found[identifier("receive", route.key)] = _receive(route, security)
    for event in described_events(spec):
        found[identifier("send", event.name)] = _send(event)
    if spec.keeps_events:
        found[f"send.{stream_frames.SKIPPED}"] = {
            "action": "send",
            "channel": _channel(),
            "title": stream_frames.SKIPPED,
            "summary": "The place of an event that is not for this client.",
            "messages": [_message(SKIPPED)],
        }
    found["send.errors"] = {
        "action": "send",
        "channel": _channel(),
        "title": "Errors of no route",
        "summary": "Answers to messages that no route takes, and API Gateway's own.",
        "messages": [_message(UNROUTED), _message(GATEWAY_ERROR)],
    }
    return found


def _receive(route: RouteSpec, security: dict[str, Any]) -> Operation:
    operation = _operation("receive", route, identifier("message", route.key))
    operation["title"] = "Any other message" if route.key == DEFAULT else route.key
    if route.needs_login:
        operation["security"] = [
            {"$ref": f"#/components/securitySchemes/{name}"} for name in security
        ]
    operation["reply"] = {
        "channel": _channel(),
        "messages": [
            _message(identifier(kind, route.key)) for kind in ("reply", "error")
        ],
    }
    if more := dict(_more(route)):
        operation[EXTENSION] = more
    return operation


def _send(event: EventSpec) -> Operation:
    operation = _operation("send", event, identifier("event", event.name))
    operation["title"] = event.name
    if keep := event.keep:
        operation[EXTENSION] = {"keep": {"last": keep.last, "seconds": keep.seconds}}
    return operation


def _operation(
    action: str, described: RouteSpec | EventSpec, message: str
) -> Operation:
    operation: Operation = {"action": action, "channel": _channel()}
    if described.summary:
        operation["summary"] = described.summary
    if isinstance(described, RouteSpec) and described.description:
        operation["description"] = described.description
    if described.tags:
        operation["tags"] = [{"name": tag} for tag in described.tags]
    operation["messages"] = [_message(message)]
    return operation


def _more(route: RouteSpec) -> Iterator[tuple[str, Any]]:
    if route.needs_login:
        yield "login", "required"
    if route.permissions:
        yield "permissions", list(route.permissions)
    if rate := route.throttle:
        yield (
            "throttle",
            {"limit": rate.limit, "seconds": rate.seconds, "per": rate.scope},
        )


def _channel() -> dict[str, str]:
    return {"$ref": f"#/channels/{CHANNEL}"}


def _message(name: str) -> dict[str, str]:
    return {"$ref": f"#/channels/{CHANNEL}/messages/{name}"}
