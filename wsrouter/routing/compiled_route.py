"""A route with everything that can be decided before its first message."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from operator import attrgetter
from typing import Any, NamedTuple, get_args

from pydantic import ValidationError

from wsrouter.errors import InvalidReply
from wsrouter.routing import json_values
from wsrouter.routing.adapter import spelled
from wsrouter.routing.connection import Connection
from wsrouter.routing.flow import Flow, call
from wsrouter.routing.frame import Frame, Message
from wsrouter.routing.middleware import Middleware
from wsrouter.routing.outcome import Nothing, Raw, Reply
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


MAX_PROBLEMS = 20
"""Problems of a reply that its error lists."""
_WITHOUT_CONTENT: Any = {
    "include_url": False,
    "include_input": False,
    "include_context": False,
}

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
    that the route has no login, permission or throttle to check, `is_sync` that neither
    the handler nor a middleware around it is async.
    """

    route: Route
    function: Callable[..., Any]
    is_async: bool
    is_sync: bool
    resolvers: tuple[tuple[str, Resolver], ...]
    sole_payload: str | None
    read: Reader | None
    needs_connection: bool
    takes_request: bool
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
            is_sync=not takes.is_async
            and not any(middleware.is_async for middleware in mounted.middlewares),
            resolvers=tuple(
                (name, _RESOLVERS[kind]) for name, kind in takes.parameters.items()
            ),
            sole_payload=_only_payload(takes.parameters),
            read=None
            if as_text
            else envelope.reader(takes.payload, default=takes.payload_default),
            needs_connection=route.needs_connection,
            takes_request=takes.takes(ParameterKind.REQUEST),
            is_open=not (route.throttle or route.login_required or route.permissions),
            middlewares=mounted.middlewares,
            exceptions=tuple(filter(None, mounted.exceptions)),
        )

    def arguments(self, handler_input: HandlerInput) -> dict[str, Any]:
        return {name: resolve(handler_input) for name, resolve in self.resolvers}

    def outcome(
        self, action: str, client_id: str | int | None, result: Any
    ) -> Flow[Nothing | Raw | Reply]:
        """The reply, checked against the handler's annotation. What the first attempt
        cannot write may be lazy: it is read where the database can be read."""
        if type(result) is Raw:
            return self._raw(result)
        payload = json_values.dump(self.route.reply, result)
        if not isinstance(payload, bytes):
            payload = yield from call(self._dump_again, result, payload)
        if result is None and client_id is None:
            return Nothing()
        return Reply(action, client_id, payload)

    def _raw(self, result: Raw) -> Raw:
        name, returns = self.route.signature.name, self.route.signature.returns
        text: object = result.text
        if isinstance(text, str) and may_be_raw(returns):
            return result
        raise InvalidReply(
            f"{name} returned a Raw, and its reply is {spelled(returns)}: annotate it"
            " with `-> Raw`, and give it a str."
        )

    def _dump_again(self, result: Any, error: Exception) -> bytes:
        try:
            return json_values.dump_again(self.route.reply, result, error)
        except ValueError as failure:
            raise InvalidReply(self._describe(result, failure)) from None

    def _describe(self, result: Any, error: ValueError) -> str:
        """What is wrong with a reply, without its content: this text is logged."""
        name, returns = self.route.signature.name, self.route.signature.returns
        if isinstance(error, json_values.NotJson) and returns in (..., Any):
            return (
                f"{name} returned {type(result).__qualname__}, and {error} cannot be"
                " written as JSON: annotate the reply with a type that can, for"
                " example `-> list[OrderOut]`."
            )
        problems = [type(error).__name__]
        if isinstance(error, json_values.NotJson):
            problems = [str(error)]
        elif isinstance(error, ValidationError):
            problems = list(map(_spelled_problem, error.errors(**_WITHOUT_CONTENT)))
        kind, given = spelled(returns), "; ".join(problems[:MAX_PROBLEMS])
        return f"{name} returned what is not its reply ({kind}): {given}"


def may_be_raw(returns: Any) -> bool:
    """Whether a return annotation allows a Raw."""
    return returns in (..., Any, Raw) or Raw in get_args(returns)


def _only_payload(parameters: Mapping[str, ParameterKind]) -> str | None:
    names = list(parameters)
    return names[0] if list(parameters.values()) == [ParameterKind.PAYLOAD] else None


def _spelled_problem(problem: Any) -> str:
    return f"{'.'.join(map(str, problem['loc']))} {problem['type']}".strip()
