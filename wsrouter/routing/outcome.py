"""The results of handling a frame, which `wire.encode` turns into HTTP answers.

The classes that answer messages are not frozen: one is made for every message, and a
frozen dataclass takes twice as long to make.
"""

import re
from dataclasses import dataclass

from wsrouter.errors import InvalidValue, MessageError
from wsrouter.routing.resume import Resume

_TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")


@dataclass(frozen=True, slots=True)
class Accept:
    """Returned by a `connect` handler to choose one of the offered subprotocols. Raises
    InvalidValue for a text that cannot be one, such as a list of them."""

    subprotocol: str = ""

    def __post_init__(self) -> None:
        # An answer that no gateway can read would leave a connection without a socket.
        if self.subprotocol and not _TOKEN.fullmatch(self.subprotocol):
            raise InvalidValue("Accept takes one of the offered subprotocols.")


@dataclass(frozen=True, slots=True)
class Refused:
    """The handshake is refused with an HTTP status."""

    status: int
    reason: str = ""


@dataclass(slots=True)
class Reply:
    """The answer to a message. `payload` is JSON. `resume` is None where no streams
    are told of; `presence` has the groups of which the payload lists who is there."""

    action: str
    id: str | int | None
    payload: bytes
    resume: Resume | None = None
    presence: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Raw:
    """Returned by a message handler, is sent as it is, in no envelope: for front ends
    that expect a bare `pong`. An empty text sends nothing."""

    text: str

    @property
    def data(self) -> bytes:
        """The text in UTF-8; lone surrogates are replaced."""
        return self.text.encode("utf-8", "replace")


@dataclass(slots=True)
class Failure:
    """An error frame. `crashed` means that the application failed, not the client;
    `detail` is JSON: that of the error as the model in `errors=` writes it, where there
    is one."""

    error: MessageError
    action: str | None = None
    id: str | int | None = None
    crashed: bool = False
    detail: bytes | None = None


@dataclass(frozen=True, slots=True)
class Nothing:
    """The answer has no body."""


Outcome = Accept | Refused | Reply | Raw | Failure | Nothing
