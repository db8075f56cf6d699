"""Message in, outcome out: selects the route, calls its handler, answers for it."""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from wsrouter.errors import MessageError
from wsrouter.routing.admission import admit
from wsrouter.routing.compiled_route import Asked, Plan
from wsrouter.routing.connection import Connection
from wsrouter.routing.failures import CRASH, Failures
from wsrouter.routing.flow import Call, Flow
from wsrouter.routing.frame import Frame
from wsrouter.routing.middleware import wrapped
from wsrouter.routing.outcome import Failure, Outcome
from wsrouter.routing.ports import Counter, Envelope, Opened
from wsrouter.routing.signature import Asks
from wsrouter.routing.table import Table

Lookup = Callable[[Frame], Connection]
"""Finds the connection of a frame; raises MessageError when there is none."""


@dataclass(frozen=True, kw_only=True)
class Messages:
    """Answers the messages of one gateway; its flows never raise what a handler did."""

    table: Table
    envelope: Envelope
    lookup: Lookup
    counter: Counter
    failures: Failures
    _plans: dict[str, Plan] = field(default_factory=dict, init=False)
    _default: list[Plan] = field(default_factory=list, init=False)

    def __post_init__(self) -> None:
        for key, placed in self.table.routes.items():
            self._plans[key] = Plan.of(placed, self.envelope)
        if fallback := self.table.default:
            as_text = not fallback.route.signature.asks_for(Asks.PAYLOAD)
            self._default.append(Plan.of(fallback, self.envelope, as_text=as_text))

    def answer(self, frame: Frame, request: Any = None) -> Flow[Outcome]:
        """Answer a message; `request` is what a handler gets that asks for it."""
        plan, action = self._plans.get(frame.route_key), frame.route_key
        if plan is None:
            head = self.envelope.identify(frame.body)
            action = head.action or frame.route_key
            plan = self._plans.get(action) or next(iter(self._default), None)
            if plan is None:
                return _settled(Failure(head.problem, head.action, head.id))
        flow = self._inside if plan.middlewares else self._guarded
        return flow(plan, action, request, frame)

    def _inside(
        self, plan: Plan, action: str, request: Any, frame: Frame
    ) -> Flow[Outcome]:
        guarded = partial(self._guarded, plan, action, request)
        try:
            return (yield from wrapped(plan.middlewares, guarded)(frame))
        except Exception as error:  # noqa: BLE001  # answered, reported
            return (yield from self._failure(error, plan, action, request, frame))

    def _guarded(
        self, plan: Plan, action: str, request: Any, frame: Frame
    ) -> Flow[Outcome]:
        connection = opened = None
        try:
            if plan.needs_connection:
                connection = yield Call(self.lookup, {"frame": frame})
            if not plan.is_open:
                yield from admit(plan.route, frame, connection, self.counter)
            opened = (plan.read or self._unread)(frame.body)
            client_id, payload, problem = opened
            if problem:
                return (
                    yield from self._failure(
                        problem, plan, action, request, frame, opened
                    )
                )
            if plan.only:
                arguments = {plan.only: payload}
            else:
                arguments = plan.arguments(
                    Asked(frame, request, action, connection, client_id, payload)
                )
            result = yield Call(plan.function, arguments, plan.is_async)
            return plan.outcome(action, client_id, result)
        except Exception as error:  # noqa: BLE001  # answered, reported
            return (
                yield from self._failure(error, plan, action, request, frame, opened)
            )

    def _unread(self, body: bytes) -> Opened:
        return Opened(self.envelope.client_id(body))

    def _failure(
        self,
        error: Exception,
        plan: Plan,
        action: str,
        request: Any,
        frame: Frame,
        opened: Opened | None = None,
    ) -> Flow[Outcome]:
        answer: Exception = error
        try:
            if plan.exceptions or not isinstance(error, MessageError):
                answer = yield from self.failures.explain(
                    error, frame, request, plan.exceptions
                )
            if not isinstance(answer, MessageError):
                answer = yield from self.failures.crash(answer, frame, request)
            client_id = (opened or self._unread(frame.body)).id
            return Failure(answer, action, client_id, crashed=answer is CRASH)
        finally:
            del error, answer  # whose tracebacks may lead to this frame


def _settled(outcome: Outcome) -> Flow[Outcome]:
    yield from ()
    return outcome
