"""Runs the `connect` and `disconnect` handlers of all routers in their order."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from wsrouter.routing import ports
from wsrouter.routing.connection import Connection
from wsrouter.routing.failures import Failures
from wsrouter.routing.flow import Flow, call_handler
from wsrouter.routing.frame import Disconnected, Frame
from wsrouter.routing.middleware import wrap
from wsrouter.routing.outcome import Accept, Nothing, Outcome, Refused
from wsrouter.routing.route import Hook
from wsrouter.routing.signature import ParameterKind
from wsrouter.routing.table import Stack, Table


@dataclass(frozen=True, kw_only=True, slots=True)
class HookRun:
    """One run through a stack; when `refusable`, it ends at the first refusal."""

    values: Mapping[ParameterKind, Any]
    refusable: bool


@dataclass(frozen=True, kw_only=True)
class Hooks:
    """Answers the handshakes and the ends of connections of one gateway."""

    table: Table
    failures: Failures

    def connect(
        self, frame: Frame, request: Any, connection: Connection
    ) -> Flow[Accept | Refused]:
        """Run the `connect` handlers on a connection that is not open yet."""
        values = {ParameterKind.CONNECTION: connection, ParameterKind.REQUEST: request}
        run = HookRun(values=values, refusable=True)
        with ports.handshake_of(connection):
            outcome = yield from self._stack(self.table.connects, run, frame)
        return outcome if isinstance(outcome, Accept | Refused) else Accept()

    def disconnect(
        self, frame: Frame, connection: Connection, how: Disconnected
    ) -> Flow[None]:
        """Run every `disconnect` handler, also when one fails."""
        values = {ParameterKind.CONNECTION: connection, ParameterKind.DISCONNECTED: how}
        run = HookRun(values=values, refusable=False)
        yield from self._stack(self.table.disconnects, run, frame)

    def _stack(self, stack: Stack, run: HookRun, frame: Frame) -> Flow[Outcome]:
        handling = wrap(stack.middlewares, partial(self._members, stack, run))
        try:
            return (yield from handling(frame))
        except Exception as error:  # noqa: BLE001  # answered, reported
            return (yield from self._refusal(error, stack, run, frame))

    def _members(self, stack: Stack, run: HookRun, frame: Frame) -> Flow[Outcome]:
        accepted = Accept()
        for member in stack.members:
            if isinstance(member, Stack):
                outcome = yield from self._stack(member, run, frame)
            else:
                outcome = yield from self._hook(member, stack, run, frame)
            if isinstance(outcome, Refused) and run.refusable:
                return outcome
            if isinstance(outcome, Accept) and not accepted.subprotocol:
                accepted = outcome
        return accepted

    def _hook(
        self, hook: Hook, stack: Stack, run: HookRun, frame: Frame
    ) -> Flow[Outcome]:
        arguments = hook.signature.arguments(run.values)
        try:
            result = yield from call_handler(
                hook.function, arguments, hook.signature.is_async
            )
            return _accepted(hook, result) if run.refusable else Nothing()
        except Exception as error:  # noqa: BLE001  # answered, reported
            return (yield from self._refusal(error, stack, run, frame))

    def _refusal(
        self, error: Exception, stack: Stack, run: HookRun, frame: Frame
    ) -> Flow[Outcome]:
        if not run.refusable:
            yield from self.failures.report(error, frame, stack.exceptions)
            return Nothing()
        request = run.values.get(ParameterKind.REQUEST)
        answer = yield from self.failures.explain(
            error, frame, request, stack.exceptions
        )
        refusal = self.failures.refusal(error, answer)
        return Refused(refusal.status, refusal.reason)


def is_sync(stack: Stack) -> bool:
    """Whether no handler and no middleware in the stack is async."""
    return not any(middleware.is_async for middleware in stack.middlewares) and all(
        is_sync(member) if isinstance(member, Stack) else not member.signature.is_async
        for member in stack.members
    )


def _accepted(hook: Hook, result: Any) -> Accept:
    """Raises TypeError for anything else: `return False` must not let a client in."""
    if not isinstance(result, Accept | None):
        raise TypeError(
            f"{hook.signature.name} returned {result!r}; a connect handler returns None"
            " or Accept, and raises Reject to refuse."
        )
    return result or Accept()
