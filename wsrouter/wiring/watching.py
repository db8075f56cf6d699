"""Tells the log and the signals of every frame; costs nothing while nobody listens."""

import time
from typing import Any

from wsrouter import signals
from wsrouter.routing import telemetry
from wsrouter.routing.connection import Connection
from wsrouter.routing.flow import Flow, call
from wsrouter.routing.frame import Disconnected, EventType, Frame
from wsrouter.routing.handled import HandledFrame, Watch, handled, watch
from wsrouter.routing.outcome import Refused
from wsrouter.wire.encode import Answer
from wsrouter.wiring import frame_log


def watched(frame: Frame, flow: Flow[Answer]) -> Flow[Answer]:
    """Answer a frame, and tell of it."""
    seen, began_at = Watch(), time.perf_counter()
    watch.set(seen)
    try:
        answer = yield from flow
    finally:
        watch.set(None)
    seconds = time.perf_counter() - began_at
    user = seen.connection and getattr(seen.connection.user, "pk", None)
    size = len(answer.body)
    told = handled(frame, answer.outcome, seconds=seconds, user=user, size=size)
    if frame_log.is_enabled():
        frame_log.write_frame(told)
    if _has_receivers(told):
        yield from call(_send, told, seen.connection)
    return answer


def write_refused(frame: Frame, status: int) -> None:
    """Log a handshake that was refused before anybody handled it."""
    told = handled(frame, Refused(status), seconds=0.0, user=None, size=0)
    frame_log.write_frame(told)


def tell_end(connection: Connection, how: Disconnected) -> None:
    """A connection has ended, and its `disconnect` handlers have run."""
    telemetry.ended(connection.gateway, how.cause)
    if signals.disconnected.receivers:
        signals.disconnected.send_robust(
            sender=None, connection=connection, disconnected=how
        )


def _has_receivers(told: HandledFrame) -> bool:
    if told.frame.event_type is EventType.MESSAGE:
        return bool(signals.message_handled.receivers)
    return told.outcome == "accepted" and bool(signals.connected.receivers)


def _send(told: HandledFrame, connection: Any) -> None:
    if told.frame.event_type is EventType.MESSAGE:
        signals.message_handled.send_robust(sender=None, handled=told)
    else:
        signals.connected.send_robust(sender=None, connection=connection)
