"""What a test client raises when it was refused."""

from collections.abc import Mapping
from typing import Any
from unittest import SkipTest


class HandshakeRefused(AssertionError):
    """The endpoint refused the handshake, with this `status` and `reason`."""

    def __init__(self, status: int, reason: str) -> None:
        super().__init__(f"The handshake was refused with {status} {reason}".strip())
        self.status = status
        self.reason = reason


class ErrorFrame(AssertionError):
    """A call was answered with an error frame; `error` is its content."""

    def __init__(self, frame: Mapping[str, Any]) -> None:
        self.error: Mapping[str, Any] = frame.get("error", frame)
        super().__init__(f"An error was answered: {dict(self.error)}")

    @property
    def code(self) -> str:
        return str(self.error.get("code", ""))


class NotAtThisGateway(SkipTest):
    """The test asks for something that the gateway of this run cannot do. It skips the
    test, with the reason, under unittest and under pytest."""


def not_open(close_code: int | None) -> str:
    """Why nothing can be sent."""
    if close_code is None:
        return "The connection is not open: call connect() first."
    return f"The connection is not open any more: closed with {close_code}."
