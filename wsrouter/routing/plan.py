"""A route with all that can be decided before its first message."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError

from wsrouter.errors import InvalidReply
from wsrouter.routing.connection import Connection
from wsrouter.routing.frame import Frame, Message
from wsrouter.routing.middleware import Middleware
from wsrouter.routing.outcome import Nothing, Outcome, Reply
from wsrouter.routing.ports import Envelope, Opened, Reader
from wsrouter.routing.route import Route
from wsrouter.routing.signature import Asks
from wsrouter.routing.table import ExceptionHandlers, Placed


@dataclass(slots=True)
class Asked:
    """One message on its way: what is known of it so far."""

    frame: Frame
    request: Any
    action: str
    connection: Connection | None = None
    opened: Opened[Any] | None = None

    def message(self) -> Message:
        return Message(
            route_key=self.action,
            id=self.opened.id if self.opened else None,
            message_id=self.frame.message_id,
            request_id=self.frame.request_id,
            received_at=self.frame.received_at,
            headers=self.frame.headers,
        )


Fill = Callable[[Asked], Any]

_FILL: Mapping[Asks, Fill] = {
    Asks.CONNECTION: lambda asked: asked.connection,
    Asks.MESSAGE: Asked.message,
    Asks.REQUEST: lambda asked: asked.request,
    Asks.PAYLOAD: lambda asked: asked.opened and asked.opened.payload,
    Asks.TEXT: lambda asked: asked.frame.body.decode("utf-8", "replace"),
}


@dataclass(frozen=True, kw_only=True, slots=True)
class Plan:
    """How the messages of one route are answered. Without `read`, what the body holds
    is the handler's business; `is_open` when nobody is kept out."""

    route: Route
    function: Callable[..., Any]
    is_async: bool
    fills: tuple[tuple[str, Fill], ...]
    read: Reader | None
    needs_connection: bool
    is_open: bool
    middlewares: tuple[Middleware, ...]
    exceptions: tuple[ExceptionHandlers, ...]

    @classmethod
    def of(cls, placed: Placed, envelope: Envelope, *, as_text: bool = False) -> "Plan":
        route, takes = placed.route, placed.route.signature
        return cls(
            route=route,
            function=route.function,
            is_async=takes.is_async,
            fills=tuple((name, _FILL[asks]) for name, asks in takes.parameters.items()),
            read=None
            if as_text
            else envelope.reader(takes.payload, default=takes.payload_default),
            needs_connection=route.needs_connection,
            is_open=not (route.throttle or route.login_required or route.permissions),
            middlewares=placed.middlewares,
            exceptions=tuple(filter(None, placed.exceptions)),
        )

    def arguments(self, asked: Asked) -> dict[str, Any]:
        return {name: fill(asked) for name, fill in self.fills}

    def outcome(self, asked: Asked, result: Any) -> Outcome:
        """The reply, checked against the handler's annotation."""
        client_id = asked.opened.id if asked.opened else None
        adapter = self.route.reply
        try:
            valid = adapter.validator.validate_python(result, from_attributes=True)
            payload = adapter.serializer.to_json(valid, by_alias=True)
        except (ValidationError, ValueError) as error:
            raise InvalidReply(
                f"{self.route.signature.name} returned what is not its reply"
                f" ({self.route.signature.returns!r}): {_without_input(error)}"
            ) from None
        if result is None and client_id is None:
            return Nothing()
        return Reply(asked.action, client_id, payload)


def _without_input(error: ValueError) -> str:
    """What is logged tells where a reply is wrong, and nothing of what is in it."""
    if not isinstance(error, ValidationError):
        return type(error).__name__
    found = error.errors(include_url=False, include_input=False, include_context=False)
    return "; ".join(
        f"{'.'.join(map(str, each['loc']))} {each['type']}" for each in found
    )
