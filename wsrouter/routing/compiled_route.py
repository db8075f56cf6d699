"""A route with all that can be decided before its first message."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from operator import attrgetter
from typing import Any, NamedTuple

from pydantic import ValidationError

from wsrouter.errors import InvalidReply
from wsrouter.routing.adapter import spelled
from wsrouter.routing.connection import Connection
from wsrouter.routing.frame import Frame, Message
from wsrouter.routing.middleware import Middleware
from wsrouter.routing.outcome import Nothing, Outcome, Reply
from wsrouter.routing.ports import Envelope, Reader
from wsrouter.routing.route import Route
from wsrouter.routing.signature import Asks
from wsrouter.routing.table import ExceptionHandlers, Placed


class Asked(NamedTuple):
    """A message that was let in and read: what a handler may ask for."""

    frame: Frame
    request: Any
    action: str
    connection: Connection | None
    id: str | int | None
    payload: Any

    def message(self) -> Message:
        return Message(
            route_key=self.action,
            id=self.id,
            message_id=self.frame.message_id,
            request_id=self.frame.request_id,
            received_at=self.frame.received_at,
            headers=self.frame.headers,
        )


Fill = Callable[[Asked], Any]

_FILL: Mapping[Asks, Fill] = {
    Asks.CONNECTION: attrgetter("connection"),
    Asks.MESSAGE: Asked.message,
    Asks.REQUEST: attrgetter("request"),
    Asks.PAYLOAD: attrgetter("payload"),
    Asks.TEXT: lambda asked: asked.frame.body.decode("utf-8", "replace"),
}


@dataclass(frozen=True, kw_only=True, slots=True)
class Plan:
    """How the messages of one route are answered. Without `read`, what the body holds
    is the handler's business; `only` is the parameter of a handler that takes its
    payload and nothing else; `is_open` when nobody is kept out."""

    route: Route
    function: Callable[..., Any]
    is_async: bool
    fills: tuple[tuple[str, Fill], ...]
    only: str | None
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
            only=_only_payload(takes.parameters),
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

    def outcome(self, action: str, client_id: str | int | None, result: Any) -> Outcome:
        """The reply, checked against the handler's annotation."""
        adapter = self.route.reply
        try:
            valid = adapter.validator.validate_python(result, from_attributes=True)
            payload = adapter.serializer.to_json(valid, by_alias=True)
        except (ValidationError, ValueError) as error:
            raise InvalidReply(
                f"{self.route.signature.name} returned what is not its reply"
                f" ({spelled(self.route.signature.returns)}): {_without_input(error)}"
            ) from None
        if result is None and client_id is None:
            return Nothing()
        return Reply(action, client_id, payload)


def _only_payload(parameters: Mapping[str, Asks]) -> str | None:
    names = list(parameters)
    return names[0] if list(parameters.values()) == [Asks.PAYLOAD] else None


def _without_input(error: ValueError) -> str:
    """What is logged tells where a reply is wrong, and nothing of what is in it."""
    if not isinstance(error, ValidationError):
        return type(error).__name__
    found = error.errors(include_url=False, include_input=False, include_context=False)
    return "; ".join(
        f"{'.'.join(map(str, each['loc']))} {each['type']}" for each in found
    )
