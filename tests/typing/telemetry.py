"""What type checkers say of `wsrouter.otel`: an `ignore` is a mistake that is found."""

from typing import assert_type

from opentelemetry.metrics import MeterProvider
from opentelemetry.trace import TracerProvider

from wsrouter import otel


def once_in_each_process(tracers: TracerProvider, meters: MeterProvider) -> None:
    assert_type(otel.instrument(), None)
    otel.instrument(tracer_provider=tracers, meter_provider=meters)
    otel.instrument(tracer_provider=meters)  # type: ignore[arg-type]
    otel.instrument(tracers)  # type: ignore[call-arg]
    otel.uninstrument()
