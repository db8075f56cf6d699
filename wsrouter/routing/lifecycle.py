"""Remember on connect, dispatch, forget on disconnect."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Protocol

from wsrouter.errors import Reject
from wsrouter.routing.admission import admit_handshake
from wsrouter.routing.connection import Connection
from wsrouter.routing.failures import CRASH, Failures
from wsrouter.routing.flow import Flow, call, run_sync
from wsrouter.routing.frame import Cause, Disconnected, EventType, Frame
from wsrouter.routing.hooks import Hooks
from wsrouter.routing.messages import Messages
from wsrouter.routing.outcome import Accept, Failure, Nothing, Outcome, Refused
from wsrouter.routing.ports import Address, Counter, Envelope, RemovedConnection
from wsrouter.routing.throttle import Rate

_CONNECT, _MESSAGE, _DISCONNECT = EventType
IDENTITY_MISMATCH = Refused(403, "This connection belongs to somebody else.")


class Registry(Protocol):
    """What is remembered of open connections."""

    def remember(self, frame: Frame, connection: Connection, identity: Any) -> bool: ...

    def forget(self, connection_id: str, gateway: str) -> RemovedConnection | None: ...


@dataclass(frozen=True, kw_only=True)
class Lifecycle:
    """Answers every frame of one gateway. `identify` tells from frame and request who
    is connecting; what it returns has a `user` and is handed on to the registry."""

    messages: Messages
    hooks: Hooks
    failures: Failures
    registry: Registry
    identify: Callable[[Frame, Any], Flow[Any]]
    counter: Counter
    throttles: Sequence[Rate] = ()

    def handle(self, frame: Frame, request: Any) -> Flow[Outcome]:
        if frame.event_type is _MESSAGE:
            return self.messages.answer(frame, request)
        if frame.event_type is _CONNECT:
            flow = self._connect(frame, request)
        else:
            flow = self._disconnect(frame)
        return self._guarded(flow, frame, request)

    def lost(self, address: Address, cause: Cause = Cause.GONE) -> None:
        """Forget a connection that ended without a `$disconnect` so far."""
        frame = _ending(address)
        ended = self._end(frame, Disconnected(cause=cause))
        run_sync(self._guarded(ended, frame, None))

    def forgotten(self, connection: Connection, cause: Cause) -> None:
        """Tell the handlers of a connection that is forgotten already."""
        frame = _ending(connection.address)
        told = self._tell(frame, connection, Disconnected(cause=cause))
        run_sync(self._guarded(told, frame, None))

    def _connect(self, frame: Frame, request: Any) -> Flow[Outcome]:
        try:
            identity = yield from self._admitted(frame, request)
        except Reject as refusal:
            return Refused(refusal.status, refusal.reason)
        connection = _new(frame, identity.user)
        outcome = yield from self.hooks.connect(frame, request, connection)
        if not isinstance(outcome, Accept):
            return outcome
        remembered = yield from call(
            self.registry.remember, frame, connection, identity
        )
        return outcome if remembered else IDENTITY_MISMATCH

    def _admitted(self, frame: Frame, request: Any) -> Flow[Any]:
        """Addresses are counted before anybody is looked up."""
        yield from admit_handshake(self.throttles, frame, None, self.counter)
        identity = yield from self.identify(frame, request)
        yield from admit_handshake(self.throttles, frame, identity.user, self.counter)
        return identity

    def _disconnect(self, frame: Frame) -> Flow[Outcome]:
        code, reason = frame.disconnect_code, frame.disconnect_reason
        return self._end(frame, Disconnected(code=code, reason=reason))

    def _end(self, frame: Frame, how: Disconnected) -> Flow[Outcome]:
        """Only one of several calls gets the connection: its handlers run once."""
        forgotten = yield from call(
            self.registry.forget, frame.connection_id, frame.gateway
        )
        if forgotten is None:
            return Nothing()
        how = replace(how, cause=forgotten.cause or how.cause)
        return (yield from self._tell(frame, forgotten.connection, how))

    def _tell(
        self, frame: Frame, connection: Connection, how: Disconnected
    ) -> Flow[Outcome]:
        yield from self.hooks.disconnect(frame, connection, how)
        return Nothing()

    def _guarded(
        self, flow: Flow[Outcome], frame: Frame, request: Any
    ) -> Flow[Outcome]:
        try:
            return (yield from flow)
        except Exception as error:  # noqa: BLE001  # answered, reported
            yield from self.failures.crash(error, frame, request)
            return crash_answer(frame, self.messages.envelope)


def crash_answer(frame: Frame, envelope: Envelope) -> Outcome:
    """What a frame is answered with when nobody could handle it."""
    if frame.event_type is _CONNECT:
        return Refused(500)
    if frame.event_type is _DISCONNECT:
        return Nothing()
    head = envelope.identify(frame.body)
    return Failure(CRASH, head.action, head.id, crashed=True)


def _ending(address: Address) -> Frame:
    return Frame(
        event_type=_DISCONNECT,
        route_key="$disconnect",
        connection_id=address.connection_id,
        gateway=address.gateway,
        api_id=address.api_id,
        stage=address.stage,
    )


def _new(frame: Frame, user: Any) -> Connection:
    return Connection(
        frame.connection_id,
        user=user,
        gateway=frame.gateway,
        source_ip=frame.source_ip,
        user_agent=frame.user_agent,
        connected_at=frame.connected_at or frame.received_at,
        api_id=frame.api_id,
        stage=frame.stage,
    )
