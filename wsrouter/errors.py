"""Every error of the library, in one tree."""

from http import HTTPStatus
from typing import Any


class WSRouterError(Exception):
    """wsrouter failed."""

    def __init__(self, message: str = "") -> None:
        super().__init__(message or (self.__doc__ or "").strip())


class DeclarationError(WSRouterError, TypeError):
    """A router declaration is wrong; the message names the function and its file."""


class NotReady(WSRouterError, RuntimeError):
    """wsrouter is not set up: add it to INSTALLED_APPS and run django.setup()."""


class MissingExtra(WSRouterError, ImportError):
    """An optional dependency is missing; the message names the extra to install."""


class Reject(WSRouterError):
    """Raised in a `connect` handler: the handshake is refused with this HTTP status.

    `status` is 400 to 599; `reason` is sent as the body of the refused handshake,
    which browsers do not show to scripts.
    """

    def __init__(self, status: int = 403, reason: str = "") -> None:
        if not 400 <= status <= 599:
            raise ValueError(f"Reject takes a status from 400 to 599, not {status!r}.")
        super().__init__(f"{status} {reason}".strip())
        self.status = int(status)
        self.reason = reason


class MessageError(WSRouterError):
    """Raised in a message handler: the client gets an error frame with this content.

    `code` is a short machine-readable word, `message` a sentence for people, `retry`
    says whether the same message may succeed later, `detail` is any JSON value.
    """

    def __init__(
        self, code: str, message: str = "", *, retry: bool = False, detail: Any = None
    ) -> None:
        super().__init__(message or code)
        self.code = code
        self.message = message
        self.retry = retry
        self.detail = detail


class SessionEnded(MessageError):
    """What a connection stood for does not hold any more: its session has ended, its
    user is gone, inactive or has another password. Answered as `not_authenticated`."""

    def __init__(self) -> None:
        super().__init__("not_authenticated", "The session has ended; log in.")


class TooManyTickets(WSRouterError):
    """The user has asked for too many tickets; `retry_after` is in seconds."""

    def __init__(self, retry_after: float) -> None:
        super().__init__(f"Too many tickets; try again in {retry_after:.0f} s.")
        self.retry_after = retry_after


class NotOurGateway(WSRouterError):
    """The request does not carry the secret of a configured gateway."""

    status = HTTPStatus.FORBIDDEN


class ImpossibleHeaders(WSRouterError):
    """The mapped headers of the request are ones that no gateway sends."""

    status = HTTPStatus.BAD_REQUEST


class SendError(WSRouterError):
    """An event could not be sent."""


class HandshakeNotDone(SendError):
    """Inside `connect` the new connection cannot be reached: API Gateway opens it only
    after the handler has returned. Send from the first message, or from a task."""


class EventTooLarge(SendError):
    """The event is larger than 128 KB in UTF-8 (API Gateway quota)."""


class TooManyRecipients(SendError):
    """The event has more recipients than a send without a task engine may have."""


class ConnectionGone(SendError):
    """The connection is closed."""


class DeliveryFailed(SendError):
    """API Gateway did not take the request; the cause is chained."""


class SyncError(WSRouterError):
    """API Gateway could not be brought in line with the code."""


class InvalidReply(WSRouterError):
    """A handler returned what its return annotation does not allow."""
