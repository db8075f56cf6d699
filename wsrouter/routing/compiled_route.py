"""A route with everything that can be decided before its first message."""

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
from wsrouter.routing.signature import ParameterKind
from wsrouter.routing.table import ExceptionHandlers, MountedRoute


class HandlerInput(NamedTuple):
    """A message that was admitted and parsed: what a handler's parameters can be."""

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


Resolver = Callable[[HandlerInput], Any]

_RESOLVERS: Mapping[ParameterKind, Resolver] = {
    ParameterKind.CONNECTION: attrgetter("connection"),
    ParameterKind.MESSAGE: HandlerInput.message,
    ParameterKind.REQUEST: attrgetter("request"),
    ParameterKind.PAYLOAD: attrgetter("payload"),
    ParameterKind.TEXT: lambda given: given.frame.body.decode("utf-8", "replace"),
}


@dataclass(frozen=True, kw_only=True, slots=True)
class CompiledRoute:
    """How the messages of one route are answered.

    `read` is None where the handler gets the raw text. `sole_payload` names the
    parameter of a handler that takes its payload and nothing else. `is_open` means
    that the route has no login, permission or throttle to check.
    """

    route: Route
    function: Callable[..., Any]
    is_async: bool
    resolvers: tuple[tuple[str, Resolver], ...]
    sole_payload: str | None
    read: Reader | None
    needs_connection: bool
    is_open: bool
    middlewares: tuple[Middleware, ...]
    exceptions: tuple[ExceptionHandlers, ...]

    @classmethod
    def of(
        cls, mounted: MountedRoute, envelope: Envelope, *, as_text: bool = False
    ) -> "CompiledRoute":
        route, takes = mounted.route, mounted.route.signature
        return cls(
            route=route,
            function=route.function,
            is_async=takes.is_async,
            resolvers=tuple(
                (name, _RESOLVERS[kind]) for name, kind in takes.parameters.items()
            ),
            sole_payload=_only_payload(takes.parameters),
            read=None
            if as_text
            else envelope.reader(takes.payload, default=takes.payload_default),
            needs_connection=route.needs_connection,
            is_open=not (route.throttle or route.login_required or route.permissions),
            middlewares=mounted.middlewares,
            exceptions=tuple(filter(None, mounted.exceptions)),
        )

    def arguments(self, handler_input: HandlerInput) -> dict[str, Any]:
        return {name: resolve(handler_input) for name, resolve in self.resolvers}

    def outcome(self, action: str, client_id: str | int | None, result: Any) -> Outcome:
        """The reply, checked against the handler's annotation."""
        adapter = self.route.reply
        try:
            valid = adapter.validator.validate_python(result, from_attributes=True)
            payload = adapter.serializer.to_json(valid, by_alias=True)
        except (ValidationError, ValueError) as error:
            raise InvalidReply(
                f"{self.route.signature.name} returned what is not its reply"
                f" ({spelled(self.route.signature.returns)}): {_describe(error)}"
            ) from None
        if result is None and client_id is None:
            return Nothing()
        return Reply(action, client_id, payload)


def _only_payload(parameters: Mapping[str, ParameterKind]) -> str | None:
    names = list(parameters)
    return names[0] if list(parameters.values()) == [ParameterKind.PAYLOAD] else None


def _describe(error: ValueError) -> str:
    """Where a reply is wrong, without its content: this text is logged."""
    if not isinstance(error, ValidationError):
        return type(error).__name__
    problems = error.errors(
        include_url=False, include_input=False, include_context=False
    )
    return "; ".join(
        f"{'.'.join(map(str, problem['loc']))} {problem['type']}"
        for problem in problems
    )
