"""Lets telemetry observe how a frame is handled."""

import time

from wsrouter.routing.flow import Flow
from wsrouter.routing.frame import EventType, Frame
from wsrouter.routing.handled import handled
from wsrouter.routing.telemetry import FrameSpan, Telemetry
from wsrouter.wire.encode import Answer
from wsrouter.wiring import incoming

CONNECT, DISCONNECT, DEFAULT = "$connect", "$disconnect", "$default"


def traced(telemetry: Telemetry, frame: Frame, flow: Flow[Answer]) -> Flow[Answer]:
    """Answer a frame while its span is the current one."""
    began_at = time.perf_counter()
    span = telemetry.frame(frame, _route(frame, frame.route_key))
    try:
        answer = yield from flow
    except BaseException:
        span.abandon()
        raise
    _end(span, frame, answer, time.perf_counter() - began_at)
    return answer


def _end(span: FrameSpan, frame: Frame, answer: Answer, seconds: float) -> None:
    size = len(answer.body)
    told = handled(frame, answer.outcome, seconds=seconds, user=None, size=size)
    span.end(told, _route(frame, told.route))


def _route(frame: Frame, key: str) -> str:
    """The declared route of this key. What clients make up must not become the name of
    a span or a dimension of a metric."""
    if frame.event_type is EventType.CONNECT:
        return CONNECT
    if frame.event_type is EventType.DISCONNECT:
        return DISCONNECT
    try:
        is_declared = incoming.lifecycle(frame.gateway).messages.has(key)
    except Exception:  # noqa: BLE001  # such as a ROUTER that is missing: answered
        is_declared = False
    return key if is_declared else DEFAULT
