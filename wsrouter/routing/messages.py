"""Message in, outcome out: selects the route, calls its handler, answers for it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from pydantic import ValidationError

from wsrouter.errors import InvalidReply, Reject
from wsrouter.routing.admission import admit
from wsrouter.routing.connection import Connection
from wsrouter.routing.drive import Call, Flow
from wsrouter.routing.failures import CRASH, Failures
from wsrouter.routing.frame import Frame, Message
from wsrouter.routing.middleware import wrapped
from wsrouter.routing.outcome import Failure, Nothing, Outcome, Reply
from wsrouter.routing.ports import Counter, Envelope, Opened, Reader
from wsrouter.routing.route import Route
from wsrouter.routing.signature import Asks
from wsrouter.routing.table import Placed, Table

Lookup = Callable[[Frame], Connection]
"""Finds the connection of a frame; raises MessageError when there is none."""


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


_FILL: Mapping[Asks, Callable[[Asked], Any]] = {
    Asks.CONNECTION: lambda asked: asked.connection,
    Asks.MESSAGE: Asked.message,
    Asks.REQUEST: lambda asked: asked.request,
    Asks.PAYLOAD: lambda asked: asked.opened and asked.opened.payload,
    Asks.TEXT: lambda asked: asked.frame.body.decode("utf-8", "replace"),
}


@dataclass(frozen=True, kw_only=True)
class Messages:
    """Answers the messages of one gateway; its flows never raise what a handler did."""

    table: Table
    envelope: Envelope
    lookup: Lookup
    counter: Counter
    failures: Failures
    _readers: dict[str, Reader] = field(default_factory=dict, init=False)

    def __post_init__(self) -> None:
        for placed in self.table.routes.values():
            self._prepare(placed.route)
        fallback = self.table.default
        if fallback and fallback.route.signature.asks_for(Asks.PAYLOAD):
            self._prepare(fallback.route)

    def answer(self, frame: Frame, request: Any = None) -> Flow[Outcome]:
        """Answer a message; `request` is what a handler gets that asks for it."""
        placed, action = self.table.routes.get(frame.route_key), frame.route_key
        if placed is None:
            head = self.envelope.identify(frame.body)
            action = head.action or frame.route_key
            placed = self.table.routes.get(action, self.table.default)
            if placed is None:
                return Failure(head.problem, head.action, head.id)
        asked = Asked(frame, request, action)
        handling = wrapped(placed.middlewares, partial(self._guarded, asked, placed))
        try:
            return (yield from handling(frame))
        except Exception as error:  # noqa: BLE001
            return (yield from self._failure(error, asked, placed))

    def _prepare(self, route: Route) -> None:
        takes = route.signature
        self._readers[route.key] = self.envelope.reader(
            takes.payload, default=takes.payload_default
        )

    def _guarded(self, asked: Asked, placed: Placed, frame: Frame) -> Flow[Outcome]:
        asked.frame = frame
        try:
            return (yield from self._call(asked, placed.route))
        except Exception as error:  # noqa: BLE001
            return (yield from self._failure(error, asked, placed))

    def _call(self, asked: Asked, route: Route) -> Flow[Outcome]:
        if route.needs_connection:
            asked.connection = yield Call(self.lookup, {"frame": asked.frame})
        yield from admit(route, asked.frame, asked.connection, self.counter)
        asked.opened = self._open(asked, route)
        signature = route.signature
        arguments = {
            name: _FILL[asks](asked) for name, asks in signature.parameters.items()
        }
        result = yield Call(route.function, arguments, signature.is_async)
        return _outcome(route, asked, result)

    def _open(self, asked: Asked, route: Route) -> Opened[Any]:
        if reader := self._readers.get(route.key):
            return reader(asked.frame.body)
        return Opened(self.envelope.identify(asked.frame.body).id, None)

    def _failure(self, error: Exception, asked: Asked, placed: Placed) -> Flow[Outcome]:
        answer = yield from self.failures.explain(
            error, asked.frame, asked.request, placed.exceptions
        )
        if isinstance(answer, Reject):
            answer = self.failures.crash(answer, asked.frame, asked.request)
        known = asked.opened or self.envelope.identify(asked.frame.body)
        return Failure(answer, asked.action, known.id, crashed=answer is CRASH)


def _without_input(error: ValueError) -> str:
    """What is logged tells where a reply is wrong, and nothing of what is in it."""
    if not isinstance(error, ValidationError):
        return type(error).__name__
    found = error.errors(include_url=False, include_input=False, include_context=False)
    return "; ".join(
        f"{'.'.join(map(str, each['loc']))} {each['type']}" for each in found
    )


def _outcome(route: Route, asked: Asked, result: Any) -> Outcome:
    client_id = asked.opened.id if asked.opened else None
    try:
        valid = route.reply.validate_python(result, from_attributes=True)
        payload = route.reply.dump_json(valid, by_alias=True)
    except (ValidationError, ValueError) as error:
        raise InvalidReply(
            f"{route.signature.name} returned what is not its reply"
            f" ({route.signature.returns!r}): {_without_input(error)}"
        ) from None
    if result is None and client_id is None:
        return Nothing()
    return Reply(asked.action, client_id, payload)
