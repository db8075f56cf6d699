"""What a client raises beside the MessageError of an answer."""

from wsrouter.errors import WSRouterError


class ConnectionLost(WSRouterError):
    """There is no connection, or it ended before the answer. `sent`: the message had
    been sent, and whether it was handled is not known."""

    def __init__(self, message: str, *, sent: bool = False) -> None:
        super().__init__(message)
        self.sent = sent


class ConnectionRefused(ConnectionLost):
    """The server does not take this client: it answered the request for a ticket, or a
    handshake without one, with the `status` 401 or 403. `__cause__` says which."""

    def __init__(self, status: int, *, has_ticket: bool = False) -> None:
        what = "A ticket" if has_ticket else "The connection"
        super().__init__(f"{what} was refused with {status}.")
        self.status = status


class CallTimeout(WSRouterError, TimeoutError):
    """A call was not answered in time; whether it was handled is not known."""

    def __init__(self, action: str) -> None:
        super().__init__(f"No answer to {action!r} in time.")


class OutboxFull(WSRouterError):
    """Too many calls, or bytes, wait for a connection."""


class TicketError(WSRouterError):
    """The server answered a request for a ticket with this `status`; `retry_after` is
    in seconds."""

    def __init__(self, status: int, retry_after: float = 0.0) -> None:
        super().__init__(f"The request for a ticket was answered with {status}.")
        self.status = status
        self.retry_after = retry_after
