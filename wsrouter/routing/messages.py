"""A message in, an outcome out: selects the route and calls its handler."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from wsrouter.errors import MessageError
from wsrouter.routing.admission import admit
from wsrouter.routing.compiled_route import CompiledRoute, HandlerInput
from wsrouter.routing.connection import Connection, joined_groups
from wsrouter.routing.error_codes import checked_error
from wsrouter.routing.failures import CRASH, Failures
from wsrouter.routing.flow import Call, Flow, call, run_sync
from wsrouter.routing.frame import Frame
from wsrouter.routing.handled import note
from wsrouter.routing.library_routes import JOIN, PING
from wsrouter.routing.middleware import wrap
from wsrouter.routing.nearest_key import RouteKeys
from wsrouter.routing.outcome import Failure, Outcome, Reply
from wsrouter.routing.ports import Counter, Envelope, EnvelopeHeader, ParsedEnvelope
from wsrouter.routing.resume import Resume, Since
from wsrouter.routing.signature import ParameterKind
from wsrouter.routing.table import Table

_NEEDS_THREAD = "SynchronousOnlyOperation"
"""Django's error for a validator that reads the database on the event loop."""
OnContradiction = Callable[[Frame, Any, str], None]
"""Called with the frame, the request, and what is wrong, a sentence."""
Lookup = Callable[[Frame], Connection]
"""Finds the connection of a frame; raises MessageError when there is none."""


@dataclass(frozen=True, kw_only=True)
class Messages:
    """Answers the messages of one gateway. What a handler raises becomes an outcome:
    these flows do not raise it. `bind_user` makes a user that of a request.
    `on_contradiction`, where there is one, hears of errors that a route's `errors=` do
    not allow; they are answered all the same."""

    table: Table
    envelope: Envelope
    lookup: Lookup
    counter: Counter
    failures: Failures
    bind_user: Callable[[Any, Any], None] = lambda *_: None
    on_contradiction: OnContradiction | None = None
    keeps_events: bool = field(default=False, init=False)
    _compiled: dict[str, CompiledRoute] = field(default_factory=dict, init=False)
    _default: list[CompiledRoute] = field(default_factory=list, init=False)
    _keys: list[RouteKeys] = field(default_factory=list, init=False)

    def __post_init__(self) -> None:
        keeps_events = self.table.keeps_events and self.envelope.carries_streams
        object.__setattr__(self, "keeps_events", keeps_events)
        for key, mounted in (*self.table.routes.items(), *self.table.library.items()):
            self._compiled[key] = CompiledRoute.of(mounted, self.envelope)
        self._keys.append(RouteKeys(self.table.routes))
        if default := self.table.default:
            as_text = not default.route.signature.takes(ParameterKind.PAYLOAD)
            compiled = CompiledRoute.of(default, self.envelope, as_text=as_text)
            self._default.append(compiled)

    def answer(self, frame: Frame, request: Any = None) -> Flow[Outcome]:
        """Answer a message; a handler with a request parameter gets `request`."""
        compiled, action = self._compiled.get(frame.route_key), frame.route_key
        if compiled is None:
            header = self.envelope.identify(frame.body)
            action = header.action or frame.route_key
            compiled = self._compiled.get(action) or next(iter(self._default), None)
            if compiled is None:
                return _ready(Failure(self._unrouted(header), header.action, header.id))
        began_at = time.monotonic()
        if compiled.middlewares:
            return self._through_middleware(compiled, action, request, began_at, frame)
        return self._handle(compiled, action, request, began_at, frame)

    def is_sync(self, frame: Frame) -> bool:
        """Whether the handler of a message and all middleware around it are sync."""
        compiled = self._compiled.get(frame.route_key)
        if compiled is None:
            action = self.envelope.identify(frame.body).action or frame.route_key
            compiled = self._compiled.get(action) or next(iter(self._default), None)
        return compiled is not None and compiled.is_sync

    def has(self, action: str) -> bool:
        """Whether a route, also one of the library's own, has this key."""
        return action in self._compiled

    def _unrouted(self, header: EnvelopeHeader) -> MessageError:
        if header.action is None:
            return header.problem
        nearest = self._keys[0].nearest(header.action)
        hint = f" Did you mean {nearest!r}?" if nearest else ""
        message = f"There is no route {header.action!r}.{hint}"
        return MessageError(header.problem.code, message)

    def _through_middleware(
        self,
        compiled: CompiledRoute,
        action: str,
        request: Any,
        began_at: float,
        frame: Frame,
    ) -> Flow[Outcome]:
        handle = partial(self._handle, compiled, action, request, began_at)
        try:
            return (yield from wrap(compiled.middlewares, handle)(frame))
        except Exception as error:  # noqa: BLE001  # answered, reported
            return (yield from self._failure(error, compiled, action, request, frame))

    def _handle(
        self,
        compiled: CompiledRoute,
        action: str,
        request: Any,
        began_at: float,
        frame: Frame,
    ) -> Flow[Outcome]:
        connection = parsed = None
        try:
            if compiled.is_async:
                connection, parsed = yield from self._before_async(compiled, frame)
            else:
                if compiled.needs_connection:
                    connection = note((yield from call(self.lookup, frame)))
                if not compiled.is_open:
                    yield from admit(compiled.route, frame, connection, self.counter)
                parsed = (compiled.read or self._unread)(frame.body)
            client_id, payload, problem, since = parsed
            if problem:
                return (
                    yield from self._failure(
                        problem, compiled, action, request, frame, parsed
                    )
                )
            if compiled.sole_payload:
                arguments = {compiled.sole_payload: payload}
            else:
                if connection is not None and compiled.takes_request:
                    self.bind_user(request, connection.user)
                arguments = compiled.arguments(
                    HandlerInput(frame, request, action, connection, client_id, payload)
                )
            # `call_handler` without its generator: this line runs for every message.
            result = yield Call(compiled.function, (), arguments, compiled.is_async)
            outcome = yield from compiled.outcome(action, client_id, result)
            return self._with_resume(outcome, connection, since, began_at)
        except Exception as error:  # noqa: BLE001  # answered, reported
            return (
                yield from self._failure(
                    error, compiled, action, request, frame, parsed
                )
            )

    def _with_resume(
        self,
        outcome: Outcome,
        connection: Connection | None,
        since: Since | None,
        began_at: float,
    ) -> Outcome:
        """Only the reply to a message with an id can tell of streams: what it tells
        needs a caller."""
        if self.keeps_events and isinstance(outcome, Reply) and outcome.id is not None:
            outcome.resume = _resume(outcome, connection, since, began_at)
        if self.table.presences and isinstance(outcome, Reply):
            outcome.presence = self._presence(outcome, connection)
        return outcome

    def _presence(self, reply: Reply, connection: Connection | None) -> tuple[str, ...]:
        """The groups of which a reply lists who is there: clients that join by
        themselves have no handler that could."""
        if reply.action != JOIN or connection is None:
            return ()
        return tuple(
            group
            for group in joined_groups(connection)
            if any(each.covers(group) for each in self.table.presences)
        )

    def _before_async(
        self, compiled: CompiledRoute, frame: Frame
    ) -> Flow[tuple[Connection | None, ParsedEnvelope]]:
        """What comes before an async handler, in at most one visit to a thread."""
        if not (compiled.needs_connection or not compiled.is_open):
            try:
                return None, (compiled.read or self._unread)(frame.body)
            except Exception as error:
                if type(error).__name__ != _NEEDS_THREAD:
                    raise
        return (yield from call(self._prepare, compiled, frame))

    def _prepare(
        self, compiled: CompiledRoute, frame: Frame
    ) -> tuple[Connection | None, ParsedEnvelope]:
        needs_it = compiled.needs_connection
        connection = note(self.lookup(frame)) if needs_it else None
        if not compiled.is_open:
            run_sync(admit(compiled.route, frame, connection, self.counter))
        return connection, (compiled.read or self._unread)(frame.body)

    def _unread(self, body: bytes) -> ParsedEnvelope:
        return ParsedEnvelope(self.envelope.client_id(body))

    def _failure(
        self,
        error: Exception,
        compiled: CompiledRoute,
        action: str,
        request: Any,
        frame: Frame,
        parsed: ParsedEnvelope | None = None,
    ) -> Flow[Outcome]:
        answer: Exception = error
        if compiled.exceptions or not isinstance(error, MessageError):
            answer = yield from self.failures.explain(
                error, frame, request, compiled.exceptions
            )
        if not isinstance(answer, MessageError):
            answer = yield from self.failures.crash(answer, frame, request)
        problem, detail = checked_error(compiled.route, answer)
        if self.on_contradiction and problem:
            why = f"{compiled.route.signature.name}: {problem}."
            yield from call(self.on_contradiction, frame, request, why)
        client_id = (parsed or self._unread(frame.body)).id
        return Failure(answer, action, client_id, answer is CRASH, detail)


def _resume(
    reply: Reply, connection: Connection | None, since: Since | None, began_at: float
) -> Resume | None:
    """What a reply tells of streams: of the groups that its message has joined. A ping
    with `since` asks for all streams of the connection."""
    groups = () if connection is None else joined_groups(connection)
    is_asked = reply.action == PING and since is not None
    if not groups and not is_asked:
        return None
    return Resume(
        id=reply.id,
        groups=groups or None,
        since=since or {},
        began_at=began_at,
        user=connection and connection.user,
    )


def _ready(outcome: Outcome) -> Flow[Outcome]:
    yield from ()
    return outcome
