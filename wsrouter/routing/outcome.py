"""What became of a frame: the values that dispatch returns and the endpoint encodes.

Those that answer messages are not frozen: each is made once a message, and that would
take twice as long.
"""

from dataclasses import dataclass

from wsrouter.errors import MessageError


@dataclass(frozen=True, slots=True)
class Accept:
    """Returned by a `connect` handler to choose one of the offered subprotocols."""

    subprotocol: str = ""


@dataclass(frozen=True, slots=True)
class Refused:
    """The handshake is refused with an HTTP status."""

    status: int
    reason: str = ""


@dataclass(slots=True)
class Reply:
    """The answer to a message. `payload` is JSON."""

    action: str
    id: str | int | None
    payload: bytes


@dataclass(slots=True)
class Failure:
    """An error frame; `crashed` when the cause was not the client's."""

    error: MessageError
    action: str | None = None
    id: str | int | None = None
    crashed: bool = False


@dataclass(frozen=True, slots=True)
class Nothing:
    """There is nothing to answer."""


Outcome = Accept | Refused | Reply | Failure | Nothing
