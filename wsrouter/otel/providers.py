"""Finds the tracer and the instruments of the SDK that the application configured."""

import time
from importlib.metadata import version
from threading import Lock
from typing import NamedTuple

from opentelemetry import metrics, trace
from opentelemetry.metrics import MeterProvider, NoOpMeter
from opentelemetry.trace import NoOpTracer, Tracer, TracerProvider

from wsrouter.otel.instruments import Instruments

LOOK_AGAIN_SECONDS = 1.0
"""How often to look whether an SDK has been configured since."""
_OF_THE_API = ("opentelemetry.trace", "opentelemetry.metrics")
"""Where the providers, tracers and meters live that record nothing: those that wait for
an SDK, and those of an SDK that is disabled."""


class Sdk(NamedTuple):
    """Where spans and metrics go. One of the two may go nowhere."""

    tracer: Tracer
    instruments: Instruments


class Providers:
    """The providers that were given, or else the global ones once they are set."""

    def __init__(
        self,
        tracer_provider: TracerProvider | None,
        meter_provider: MeterProvider | None,
    ) -> None:
        self._given = tracer_provider, meter_provider
        self._lock = Lock()
        self._tracer: Tracer | None = None
        self._instruments: Instruments | None = None
        self._sdk: Sdk | None = None
        self._look_at: float | None = 0.0

    def sdk(self) -> Sdk | None:
        """None while there is no SDK. To look for one takes longer than it may cost a
        message, so it is not done each time."""
        if self._look_at is not None and time.monotonic() >= self._look_at:
            with self._lock:
                self._look()
        return self._sdk

    def _look(self) -> None:
        if self._tracer is None:
            self._tracer = _tracer(self._given[0] or trace.get_tracer_provider())
        if self._instruments is None:
            self._instruments = _instruments(
                self._given[1] or metrics.get_meter_provider()
            )
        if self._tracer and self._instruments:
            self._look_at = None
        else:
            self._look_at = time.monotonic() + LOOK_AGAIN_SECONDS
        if self._tracer or self._instruments:
            self._sdk = Sdk(
                self._tracer or NoOpTracer(),
                self._instruments or Instruments.of(NoOpMeter("wsrouter")),
            )


def _tracer(provider: TracerProvider) -> Tracer | None:
    if _is_of_the_api(provider):
        return None
    tracer = provider.get_tracer("wsrouter", _version())
    return None if _is_of_the_api(tracer) else tracer


def _instruments(provider: MeterProvider) -> Instruments | None:
    if _is_of_the_api(provider):
        return None
    meter = provider.get_meter("wsrouter", _version())
    return None if _is_of_the_api(meter) else Instruments.of(meter)


def _is_of_the_api(found: object) -> bool:
    return type(found).__module__.startswith(_OF_THE_API)


def _version() -> str:
    return version("django-wsrouter")
