"""The span of a frame, and what is counted of it."""

from opentelemetry import context
from opentelemetry.trace import SpanKind, StatusCode, set_span_in_context

from wsrouter.otel import attributes
from wsrouter.otel.providers import Sdk
from wsrouter.routing.frame import EventType, Frame
from wsrouter.routing.handled import HandledFrame

CONNECT, MESSAGE, _ = EventType


class FrameSpan:
    """Current from now on, until it is ended.

    The context is set back without OpenTelemetry's tokens: those are good in one
    context only, and a frame that is given up may end in another.
    """

    __slots__ = ("_outer", "_route", "_sdk", "_span")

    def __init__(self, sdk: Sdk, frame: Frame, route: str) -> None:
        self._sdk, self._route = sdk, route
        self._outer = context.get_current()
        self._span = sdk.tracer.start_span(
            f"{attributes.PROCESS} {route}",
            kind=SpanKind.CONSUMER,
            attributes=_of(frame, route),
        )
        context.attach(set_span_in_context(self._span))

    def end(self, handled: HandledFrame, route: str) -> None:
        span = self._span
        span.set_attribute(attributes.OUTCOME, handled.outcome)
        if route != self._route:
            span.update_name(f"{attributes.PROCESS} {route}")
            span.set_attribute(attributes.DESTINATION, route)
        if handled.code:
            span.set_attribute(attributes.ERROR_TYPE, handled.code)
        if handled.code in (attributes.CRASH, "500"):
            span.set_status(StatusCode.ERROR)
        _count(self._sdk, handled, route)
        span.end()
        context.attach(self._outer)

    def abandon(self) -> None:
        """Nothing is set back: the context in which it was set may be gone."""
        self._span.set_status(StatusCode.ERROR)
        self._span.end()


def _of(frame: Frame, route: str) -> dict[str, str | int]:
    found: dict[str, str | int] = {
        attributes.SYSTEM: attributes.API_GATEWAY,
        attributes.OPERATION_NAME: attributes.PROCESS,
        attributes.OPERATION_TYPE: attributes.PROCESS,
        attributes.DESTINATION: route,
        attributes.GATEWAY: frame.gateway,
        attributes.CONNECTION_ID: frame.connection_id,
        attributes.REQUEST_ID: frame.request_id,
    }
    if frame.event_type is MESSAGE:
        found[attributes.MESSAGE_ID] = frame.message_id
        found[attributes.BODY_SIZE] = len(frame.body)
    return found


def _count(sdk: Sdk, handled: HandledFrame, route: str) -> None:
    """While the span is current: it becomes the example of what is measured."""
    found, frame = sdk.instruments, handled.frame
    counted: dict[str, str] = {
        attributes.SYSTEM: attributes.API_GATEWAY,
        attributes.OPERATION_NAME: attributes.PROCESS,
        attributes.DESTINATION: route,
        attributes.GATEWAY: frame.gateway,
    }
    if handled.code:
        counted[attributes.ERROR_TYPE] = handled.code
    found.processing.record(handled.seconds, counted)
    if frame.event_type is MESSAGE:
        found.consumed.add(1, counted)
    elif frame.event_type is CONNECT:
        count_handshake(sdk, frame.gateway, handled.code)


def count_handshake(sdk: Sdk, gateway: str, code: str) -> None:
    """`code` is empty for one that was accepted."""
    counted = {attributes.GATEWAY: gateway}
    if code:
        sdk.instruments.refused.add(1, counted | {attributes.ERROR_TYPE: code})
    else:
        sdk.instruments.opened.add(1, counted)
