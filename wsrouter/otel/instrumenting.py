"""Begins and ends to record."""

from typing import TYPE_CHECKING

from wsrouter.errors import MissingExtra
from wsrouter.routing import telemetry

if TYPE_CHECKING:
    from opentelemetry.metrics import MeterProvider
    from opentelemetry.trace import TracerProvider


def instrument(
    *,
    tracer_provider: "TracerProvider | None" = None,
    meter_provider: "MeterProvider | None" = None,
) -> None:
    """Record spans and metrics of messages and sends in this process, with the given
    providers or else the global ones, which may be set later. Raises MissingExtra
    where opentelemetry-api is not installed."""
    try:
        from wsrouter.otel.observer import OpenTelemetry
    except ImportError as error:
        raise MissingExtra(
            "wsrouter.otel needs opentelemetry-api:"
            " pip install 'django-wsrouter[otel]'."
        ) from error
    telemetry.install(OpenTelemetry(tracer_provider, meter_provider))


def uninstrument() -> None:
    """Record nothing any more."""
    telemetry.install(None)
