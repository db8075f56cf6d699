"""What a test client needs of the gateway that it talks to."""

from collections.abc import Callable
from typing import Protocol

from wsrouter.following.question import Question
from wsrouter.testing.connect_options import Handshake


class ClientSocket(Protocol):
    """One connection of a client at a time: in memory, or over the network. What
    arrives goes to the client's inbox."""

    subprotocol: str
    close_code: int | None
    is_open: bool

    @property
    def connection_id(self) -> str:
        """Raises NotAtThisGateway where it is not known."""

    @property
    def key(self) -> str:
        """Another one each time it is opened."""

    def open(self, handshake: Handshake) -> None:
        """Raises HandshakeRefused."""

    def send(self, text: str, question: Question, message_id: str | None) -> None:
        """Send a message; its answer settles the question."""

    def close(self, code: int, reason: str) -> None:
        """Close from the client's side."""

    def settle(self) -> None:
        """Take in what has arrived, and do what waits for the test's own commit."""

    def wait(self, is_there: Callable[[], bool]) -> None:
        """Return when it is there, or can no longer be expected."""

    def leave(self) -> None:
        """The client needs the gateway no more."""
