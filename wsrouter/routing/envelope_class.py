"""What an application writes to speak a front end's own frame format: see the setting
ENVELOPE."""

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Any, ClassVar

from pydantic_core import from_json

from wsrouter.errors import MessageError


@dataclass(frozen=True, slots=True)
class ClientMessage:
    """What `Envelope.read` has found in a message. `action` is the route's key, `id`
    the client's: a string of up to 128 characters, a 64-bit integer, or None. `payload`
    is a JSON value; `...` means that the message has none."""

    action: str
    id: str | int | None = None
    payload: Any = ...


class Envelope(ABC):
    """How the frames of a gateway look. ENVELOPE names a subclass that can be made
    without arguments; the one instance is used by all threads.

    `key` names the member of a message that holds its route's key, for the route
    selection expression. None: messages are no objects, or the key is somewhere else in
    them; then `$default` alone is published.

    `reply`, `event` and `error` return what is written as JSON, a `Raw`, which is sent
    as it is, or None, which sends nothing. The `payload` they get is JSON in an
    `orjson.Fragment`: it can stand anywhere in what they return, and its text is in
    `payload.contents`.
    """

    key: ClassVar[str | None] = "action"

    @abstractmethod
    def read(self, body: bytes) -> ClientMessage:
        """Read a message. A MessageError is answered; a ValueError is answered with
        the code `malformed_frame`."""

    @abstractmethod
    def reply(self, action: str, id: str | int | None, payload: Any) -> Any:  # noqa: A002  # the frame's
        """Write the reply to a message."""

    @abstractmethod
    def event(self, name: str, id: str, payload: Any) -> Any:  # noqa: A002  # the frame's
        """Write an event. It cannot be None."""

    @abstractmethod
    def error(
        self,
        action: str | None,
        id: str | int | None,  # noqa: A002  # the frame's
        error: MessageError,
    ) -> Any:
        """Write an error. `action` and `id` are None as far as the message could not
        be read; `error.detail` is None or an `orjson.Fragment`."""

    def message(self, action: str, id: str | int | None, payload: Any) -> Any:  # noqa: A002  # the frame's
        """Write what a client sends, for the test client; `payload` is `...` where
        there is none. Only tests need it."""
        raise NotImplementedError

    @staticmethod
    def members(body: bytes) -> dict[str, Any]:
        """The members of a JSON object; raises MessageError for anything else."""
        try:
            found = from_json(body)
        except ValueError:
            raise malformed("The frame is not valid JSON.") from None
        if not isinstance(found, dict):
            raise malformed("The frame is not a JSON object.")
        return found


def malformed(message: str) -> MessageError:
    return MessageError("malformed_frame", message)
