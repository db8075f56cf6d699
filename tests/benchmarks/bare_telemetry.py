"""The SDK's own calls for the spans and the metrics of a message, and of a send."""

from typing import Any

from opentelemetry import context
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.trace import SpanKind, set_span_in_context

SYSTEM = {"messaging.system": "aws_api_gateway_websocket"}
FRAME = {
    **SYSTEM,
    "messaging.operation.name": "process",
    "messaging.operation.type": "process",
    "messaging.destination.name": "say",
    "messaging.message.id": "HJ1ZVcUVPHcCJAw=",
    "messaging.message.body.size": 50,
    "wsrouter.gateway": "default",
    "wsrouter.connection.id": "Known_id-000001=",
    "wsrouter.request.id": "HJ1ZVHX0vHcFtRQ=",
}
COUNTED: dict[str, Any] = {
    **SYSTEM,
    "messaging.operation.name": "process",
    "messaging.destination.name": "say",
    "wsrouter.gateway": "default",
}
OPERATION = {
    **SYSTEM,
    "messaging.operation.name": "send",
    "messaging.destination.name": "news",
}
REPORT = {
    "messaging.batch.message_count": 1,
    "wsrouter.delivery.delivered": 1,
    "wsrouter.delivery.gone": 0,
    "wsrouter.delivery.failed": 0,
}


class BareCalls:
    """As an application would write them itself."""

    def __init__(self, tracers: TracerProvider, meters: MeterProvider) -> None:
        self._tracer, meter = tracers.get_tracer("bare"), meters.get_meter("bare")
        self._duration = meter.create_histogram("duration", "s")
        self._count = meter.create_counter("count")
        self._sent = meter.create_counter("sent")

    def message(self) -> None:
        span = self._tracer.start_span(
            "process say", kind=SpanKind.CONSUMER, attributes=FRAME
        )
        token = context.attach(set_span_in_context(span))
        span.set_attribute("wsrouter.outcome", "reply")
        self._duration.record(0.001, COUNTED)
        self._count.add(1, COUNTED)
        context.detach(token)
        span.end()

    def message_and_send(self) -> None:
        """The send has a span, and its posts another one."""
        self.message()
        self._operation(SpanKind.PRODUCER, self._posts)

    def _posts(self) -> None:
        self._operation(SpanKind.CLIENT, self._counts)

    def _counts(self) -> None:
        self._sent.add(1, OPERATION)
        self._count.add(1, OPERATION)

    def _operation(self, kind: SpanKind, inside: Any) -> None:
        attributes = {**OPERATION, "messaging.operation.type": "send"}
        span = self._tracer.start_span("send news", kind=kind, attributes=attributes)
        token = context.attach(set_span_in_context(span))
        inside()
        span.set_attributes(REPORT)
        self._duration.record(0.001, OPERATION)
        context.detach(token)
        span.end()
