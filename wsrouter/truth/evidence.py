"""The raw evidence of a run: every byte that a probe sent and received, with times."""

import base64
import time
from typing import Any

from wsrouter.errors import WSRouterError
from wsrouter.truth.recordings import Recording
from wsrouter.wire import mapping


class TooManyMessages(WSRouterError):
    """The run has sent as many messages as --max-messages allows."""


class Evidence:
    """Collects events; `messages` counts those that AWS charges for, at most
    `max_messages` of them."""

    def __init__(self, *, max_messages: int = 1000) -> None:
        self.events: list[dict[str, Any]] = []
        self.messages = 0
        self._max_messages = max_messages

    def note(self, what: str, data: bytes = b"", **more: Any) -> None:
        """Add one event; `data` is kept as base64, and as text where it is text."""
        event: dict[str, Any] = {"at": time.time(), "what": what, **more}
        if data:
            event["base64"] = base64.b64encode(data).decode()
        self.events.append(event)

    def count_message(self) -> None:
        """Count one message; raises TooManyMessages."""
        if self.messages >= self._max_messages:
            raise TooManyMessages
        self.messages += 1

    def take(self) -> list[dict[str, Any]]:
        """The events since the last call."""
        taken, self.events = self.events, []
        return taken


def as_json(recording: Recording) -> dict[str, Any]:
    """A recording without the secret."""
    secret = mapping.SECRET.lower()
    return {
        "what": "request to the endpoint",
        "at": recording.received_at,
        "answered_at": recording.answered_at,
        "method": recording.method,
        "target": recording.target,
        "headers": [
            [name, "***" if name.lower() == secret else value]
            for name, value in recording.headers
        ],
        "base64": base64.b64encode(recording.body).decode(),
        "answer": dict(recording.answer),
    }
