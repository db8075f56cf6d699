"""All errors of the library, in one hierarchy below WSRouterError."""

from http import HTTPStatus
from typing import Any


class WSRouterError(Exception):
    """The base class of every error of wsrouter."""

    def __init__(self, message: str = "") -> None:
        super().__init__(message or (self.__doc__ or "").strip())


class DeclarationError(WSRouterError, TypeError):
    """A router declaration is wrong; the message names the function and its file."""


class NotReady(WSRouterError, RuntimeError):
    """wsrouter is not set up: add it to INSTALLED_APPS and run django.setup()."""


class MissingExtra(WSRouterError, ImportError):
    """An optional dependency is missing; the message names the extra to install."""


class Reject(WSRouterError):
    """Raised in a `connect` handler, refuses the handshake with an HTTP status.

    `status` is 400 to 599, else ValueError is raised. `reason` is the body of the
    refusal; browsers do not show it to scripts.
    """

    def __init__(self, status: int = 403, reason: str = "") -> None:
        if not 400 <= status <= 599:
            raise ValueError(f"Reject takes a status from 400 to 599, not {status!r}.")
        super().__init__(f"{status} {reason}".strip())
        self.status = int(status)
        self.reason = reason


class MessageError(WSRouterError):
    """Raised in a message handler, answers the client with an error frame.

    `code` is a short word for programs, `message` a sentence for people, `retry` says
    whether the same message may succeed later, and `detail` is any JSON value.
    """

    def __init__(
        self, code: str, message: str = "", *, retry: bool = False, detail: Any = None
    ) -> None:
        super().__init__(message or code)
        self.code = code
        self.message = message
        self.retry = retry
        self.detail = detail


class InvalidValue(MessageError, ValueError):
    """A group name, a connection id or a subprotocol that cannot be one, or a
    connection's state that cannot be stored.

    Such a value often comes from a client. In a message handler it is answered with the
    code `invalid_payload`, in `connect` it refuses the handshake with 400.
    """

    def __init__(self, message: str) -> None:
        super().__init__("invalid_payload", message)


class SessionEnded(MessageError):
    """The identity of the connection no longer holds: its session has ended, or its
    user was deleted, is inactive or has another password. The client gets the code
    `not_authenticated`."""

    def __init__(self) -> None:
        super().__init__("not_authenticated", "The session has ended; log in.")


class TooManyTickets(WSRouterError):
    """The user has been issued too many tickets; `retry_after` is in seconds."""

    def __init__(self, retry_after: float) -> None:
        super().__init__(f"Too many tickets; try again in {retry_after:.0f} s.")
        self.retry_after = retry_after


class UnverifiedRequest(WSRouterError):
    """The request does not carry the secret of a configured gateway."""

    status = HTTPStatus.FORBIDDEN


class InvalidHeaders(WSRouterError):
    """The mapped headers of the request are not ones that API Gateway could send."""

    status = HTTPStatus.BAD_REQUEST


class SendError(WSRouterError):
    """An event could not be sent."""


class HandshakeNotDone(SendError):
    """A `connect` handler cannot reach the new connection: API Gateway opens it after
    the handler has returned. Send from the first message's handler, or from a task."""


class NoAddress(SendError):
    """A `Connection` that was made by hand has an id only, and cannot be reached. Use
    `wsrouter.connections.get(id)`."""


class EventTooLarge(SendError):
    """The event is larger than 128 KB in UTF-8 (API Gateway quota)."""


class ConnectionGone(SendError):
    """The connection is closed."""


class DeliveryFailed(SendError):
    """API Gateway did not accept the request; `__cause__` says why."""


class SyncError(WSRouterError):
    """API Gateway could not be made to match the code."""


class UndeclaredError(WSRouterError):
    """A handler raised an error that its route's `errors=` do not allow. Raised in the
    test client; elsewhere the error is answered, and DEBUG logs a warning."""


class InvalidEnvelope(WSRouterError):
    """The class in ENVELOPE has raised something, or returned what cannot be used."""


class InvalidReply(WSRouterError):
    """A handler returned a value that its return annotation does not allow."""
