"""What observes frames, sends and posts. Nothing does, unless `wsrouter.otel` is on.

The functions here are what the rest of the package calls; while nothing observes, they
return at once.
"""

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from typing import Any, Protocol

from wsrouter.routing.after_answer import Leaving
from wsrouter.routing.delivery import Delivery, Report
from wsrouter.routing.frame import Cause, Frame
from wsrouter.routing.handled import HandledFrame


class FrameSpan(Protocol):
    """The time in which one frame is handled."""

    def end(self, handled: HandledFrame, route: str) -> None:
        """`route` is the declared key, never a client's text."""

    def abandon(self) -> None:
        """The frame will not be answered."""


class Telemetry(Protocol):
    """Observes what this process does. Nothing here may raise."""

    def is_on(self) -> bool:
        """Whether anything records what is observed."""

    def frame(self, frame: Frame, route: str) -> FrameSpan:
        """A frame begins to be handled, in this context."""

    def sending(
        self, event: str
    ) -> AbstractContextManager[Callable[[Delivery], object]]:
        """A send is carried out, or queued; the function takes what came of it."""

    def posting(
        self, event: str, size: int
    ) -> AbstractContextManager[Callable[[Report], object]]:
        """A frame of `size` bytes is posted to many connections."""

    def refused(self, gateway: str, code: str) -> None:
        """A handshake was refused before it became a frame."""

    def ended(self, gateway: str, cause: Cause, number: int) -> None:
        """So many connections have ended."""

    def bind(self, run: Leaving) -> Leaving:
        """`run`, to be called later as a part of the trace that is current now."""

    def as_text(self) -> str:
        """The trace that is current, for another process."""

    def of_text(self, text: str) -> AbstractContextManager[object]:
        """Continue such a trace."""


_installed: list[Telemetry] = []
_NOTHING: nullcontext[Callable[[Any], object]] = nullcontext(lambda _: None)


def install(telemetry: Telemetry | None) -> None:
    """Let it observe, in place of what did before; None for nothing."""
    _installed[:] = [] if telemetry is None else [telemetry]


def current() -> Telemetry | None:
    """What observes now, or None."""
    if _installed and _installed[0].is_on():
        return _installed[0]
    return None


def sending(event: str) -> AbstractContextManager[Callable[[Delivery], object]]:
    return found.sending(event) if (found := current()) else _NOTHING


def posting(
    event: str, size: int
) -> AbstractContextManager[Callable[[Report], object]]:
    return found.posting(event, size) if (found := current()) else _NOTHING


def refused(gateway: str, code: str) -> None:
    if found := current():
        found.refused(gateway, code)


def ended(gateway: str, cause: Cause, number: int = 1) -> None:
    if found := current():
        found.ended(gateway, cause, number)


def bind(run: Leaving) -> Leaving:
    return found.bind(run) if (found := current()) else run


def as_text() -> str:
    return found.as_text() if (found := current()) else ""


def of_text(text: str) -> AbstractContextManager[object]:
    found = current() if text else None
    return found.of_text(text) if found else _NOTHING
