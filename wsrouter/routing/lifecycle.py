"""Answers every kind of frame: stores a connection when it opens, removes it when it
ends, and hands messages on."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Protocol

from wsrouter.errors import InvalidEnvelope, InvalidValue, Reject, SessionEnded
from wsrouter.routing.admission import admit_handshake
from wsrouter.routing.connection import Connection
from wsrouter.routing.failures import CRASH, Failures
from wsrouter.routing.flow import Flow, call, run_sync
from wsrouter.routing.frame import Cause, Disconnected, EventType, Frame
from wsrouter.routing.handled import note
from wsrouter.routing.hooks import Hooks, is_sync
from wsrouter.routing.messages import Messages
from wsrouter.routing.outcome import Accept, Failure, Nothing, Outcome, Refused
from wsrouter.routing.ports import Address, Counter, Envelope, RemovedConnection
from wsrouter.routing.table import Table
from wsrouter.routing.throttle import Rate

_CONNECT, _MESSAGE, _DISCONNECT = EventType
SESSION_ENDED = Refused(401, "The session has ended; log in.")
IDENTITY_MISMATCH = Refused(403, "This connection belongs to somebody else.")


class ConnectionStore(Protocol):
    """Stores open connections."""

    def remember(self, frame: Frame, connection: Connection, identity: Any) -> bool: ...

    def forget(self, connection_id: str, gateway: str) -> RemovedConnection | None: ...


@dataclass(frozen=True, kw_only=True)
class Lifecycle:
    """Answers every frame of one gateway. `identify` finds out from frame and request
    who is connecting; its result has a `user` and is passed to the registry. `on_end`
    hears of each connection that has ended, after its handlers."""

    messages: Messages
    hooks: Hooks
    failures: Failures
    registry: ConnectionStore
    identify: Callable[[Frame, Any], Flow[Any]]
    counter: Counter
    throttles: Sequence[Rate] = ()
    on_end: Callable[[Connection, Disconnected], None] = lambda *_: None

    def handle(self, frame: Frame, request: Any) -> Flow[Outcome]:
        if frame.event_type is _MESSAGE:
            return self.messages.answer(frame, request)
        if frame.event_type is _CONNECT:
            flow = self._connect(frame, request)
        else:
            flow = self._disconnect(frame)
        return self._reporting_crashes(flow, frame, request)

    def is_sync(self, frame: Frame) -> bool:
        """Whether the application handles this frame with sync functions only."""
        if frame.event_type is _MESSAGE:
            return self.messages.is_sync(frame)
        return is_sync(self.hooks.table.disconnects)

    def connection_lost(self, address: Address, cause: Cause = Cause.GONE) -> None:
        """Remove a connection that ended, before any `$disconnect` of it arrived."""
        frame = _disconnect_frame(address)
        ended = self._end(frame, Disconnected(cause=cause))
        run_sync(self._reporting_crashes(ended, frame, None))

    def connection_removed(self, connection: Connection, cause: Cause) -> None:
        """Run the disconnect handlers of a connection that is removed already."""
        frame = _disconnect_frame(connection.address)
        flow = self._run_handlers(frame, connection, Disconnected(cause=cause))
        run_sync(self._reporting_crashes(flow, frame, None))

    def _connect(self, frame: Frame, request: Any) -> Flow[Outcome]:
        try:
            identity = yield from self._identify(frame, request)
        except Reject as refusal:
            return Refused(refusal.status, refusal.reason)
        connection = note(_new_connection(frame, identity.user, self.hooks.table))
        outcome = yield from self.hooks.connect(frame, request, connection)
        if not isinstance(outcome, Accept):
            return outcome
        try:
            stored = yield from call(
                self.registry.remember, frame, connection, identity
            )
        except InvalidValue as error:  # the state that `connect` handlers wrote
            answer = self.failures.refusal(error, error)
            return Refused(answer.status, answer.reason)
        except SessionEnded:
            return SESSION_ENDED
        return outcome if stored else IDENTITY_MISMATCH

    def _identify(self, frame: Frame, request: Any) -> Flow[Any]:
        """The limits per address come before any look-up of the user."""
        yield from admit_handshake(self.throttles, frame, None, self.counter)
        identity = yield from self.identify(frame, request)
        yield from admit_handshake(self.throttles, frame, identity.user, self.counter)
        return identity

    def _disconnect(self, frame: Frame) -> Flow[Outcome]:
        code, reason = frame.disconnect_code, frame.disconnect_reason
        return self._end(frame, Disconnected(code=code, reason=reason))

    def _end(self, frame: Frame, how: Disconnected) -> Flow[Outcome]:
        """Of several calls at once only one gets the connection: its handlers run
        once."""
        removed = yield from call(
            self.registry.forget, frame.connection_id, frame.gateway
        )
        if removed is None:
            return Nothing()
        note(removed.connection)
        how = replace(how, cause=removed.cause or how.cause)
        return (yield from self._run_handlers(frame, removed.connection, how))

    def _run_handlers(
        self, frame: Frame, connection: Connection, how: Disconnected
    ) -> Flow[Outcome]:
        yield from self.hooks.disconnect(frame, connection, how)
        yield from call(self.on_end, connection, how)
        return Nothing()

    def _reporting_crashes(
        self, flow: Flow[Outcome], frame: Frame, request: Any
    ) -> Flow[Outcome]:
        try:
            return (yield from flow)
        except Exception as error:  # noqa: BLE001  # answered, reported
            yield from self.failures.crash(error, frame, request)
            return crash_answer(frame, self.messages.envelope)


def crash_answer(frame: Frame, envelope: Envelope) -> Outcome:
    """The answer to a frame that could not be handled."""
    if frame.event_type is _CONNECT:
        return Refused(500)
    if frame.event_type is _DISCONNECT:
        return Nothing()
    try:
        head = envelope.identify(frame.body)
    except InvalidEnvelope:  # it is the crash
        return Failure(CRASH, crashed=True)
    return Failure(CRASH, head.action, head.id, crashed=True)


def _disconnect_frame(address: Address) -> Frame:
    return Frame(
        event_type=_DISCONNECT,
        route_key="$disconnect",
        connection_id=address.connection_id,
        gateway=address.gateway,
        api_id=address.api_id,
        stage=address.stage,
    )


def _new_connection(frame: Frame, user: Any, table: Table) -> Connection:
    return Connection(
        frame.connection_id,
        user=user,
        gateway=frame.gateway,
        source_ip=frame.source_ip,
        user_agent=frame.user_agent,
        connected_at=frame.connected_at or frame.received_at,
        api_id=frame.api_id,
        stage=frame.stage,
        group_rules=table.group_rules,
    )
