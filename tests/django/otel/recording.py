"""What the SDK's exporters in memory have recorded."""

from typing import Any

from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from wsrouter import otel

Point = tuple[dict[str, Any], Any]


class Recording:
    """An SDK of its own: nothing global is set."""

    def __init__(self) -> None:
        self._exporter = InMemorySpanExporter()
        self._reader = InMemoryMetricReader()
        self.tracers = TracerProvider(shutdown_on_exit=False)
        self.tracers.add_span_processor(SimpleSpanProcessor(self._exporter))
        self.meters = MeterProvider([self._reader], shutdown_on_exit=False)
        self.tracer = self.tracers.get_tracer("application")
        otel.instrument(tracer_provider=self.tracers, meter_provider=self.meters)

    def spans(self) -> list[ReadableSpan]:
        """In the order in which they began."""
        found = self._exporter.get_finished_spans()
        return sorted(found, key=lambda span: span.start_time or 0)

    def named(self, name: str) -> ReadableSpan:
        [found] = [span for span in self.spans() if span.name == name]
        return found

    def clear(self) -> None:
        self._exporter.clear()

    def points(self, name: str) -> list[Point]:
        """The attributes and the value of each point of a metric: the sum of a counter,
        the number of values of a histogram."""
        return [
            (dict(point.attributes or {}), getattr(point, "count", None) or point.value)
            for metric in self.metrics()
            if metric.name == name
            for point in metric.data.data_points
        ]

    def metrics(self) -> list[Any]:
        data = self._reader.get_metrics_data()
        return [
            metric
            for resource in (data.resource_metrics if data else ())
            for scope in resource.scope_metrics
            for metric in scope.metrics
        ]

    def everything(self) -> str:
        """All that was recorded, as text."""
        spans = [span.to_json() for span in self.spans()]
        return "\n".join([*spans, *(metric.to_json() for metric in self.metrics())])

    def close(self) -> None:
        otel.uninstrument()
        self.tracers.shutdown()
        self.meters.shutdown()


def parent(span: ReadableSpan) -> int | None:
    return span.parent.span_id if span.parent else None


def id_of(span: ReadableSpan) -> int:
    assert span.context is not None
    return span.context.span_id


def trace_of(span: ReadableSpan) -> int:
    assert span.context is not None
    return span.context.trace_id
