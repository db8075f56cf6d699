"""What `instrument` installs: spans and metrics of everything that is observed."""

from collections.abc import Callable
from contextlib import AbstractContextManager

from opentelemetry.metrics import MeterProvider
from opentelemetry.trace import TracerProvider

from wsrouter.otel import attributes, carrying
from wsrouter.otel.frame_spans import FrameSpan, count_handshake
from wsrouter.otel.providers import Providers, Sdk
from wsrouter.otel.send_spans import Posting, Sending
from wsrouter.routing.after_answer import Leaving
from wsrouter.routing.delivery import Delivery, Report
from wsrouter.routing.frame import Cause, Frame


class OpenTelemetry:
    """The port `Telemetry`."""

    def __init__(
        self,
        tracer_provider: TracerProvider | None,
        meter_provider: MeterProvider | None,
    ) -> None:
        self._providers = Providers(tracer_provider, meter_provider)

    def is_on(self) -> bool:
        return self._providers.sdk() is not None

    def frame(self, frame: Frame, route: str) -> FrameSpan:
        return FrameSpan(self._sdk(), frame, route)

    def sending(
        self, event: str
    ) -> AbstractContextManager[Callable[[Delivery], object]]:
        return Sending(self._sdk(), event)

    def posting(
        self, event: str, size: int
    ) -> AbstractContextManager[Callable[[Report], object]]:
        return Posting(self._sdk(), event, size)

    def refused(self, gateway: str, code: str) -> None:
        count_handshake(self._sdk(), gateway, code)

    def ended(self, gateway: str, cause: Cause, number: int) -> None:
        counted = {attributes.GATEWAY: gateway, attributes.CAUSE: cause.value}
        self._sdk().instruments.ended.add(number, counted)

    def bind(self, run: Leaving) -> Leaving:
        return carrying.bind(run)

    def as_text(self) -> str:
        return carrying.as_text()

    def of_text(self, text: str) -> AbstractContextManager[object]:
        return carrying.of_text(text)

    def _sdk(self) -> Sdk:
        """Only asked for while it is on."""
        found = self._providers.sdk()
        assert found is not None  # noqa: S101  # `current` asks first
        return found
