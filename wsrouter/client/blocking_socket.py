"""One WebSocket without asyncio, for tests: it does not come back, and knows no
protocol of wsrouter."""

from collections.abc import Mapping, Sequence
from contextlib import ExitStack, suppress
from typing import Any

from wsrouter.client.frames import parts
from wsrouter.errors import MissingExtra, WSRouterError

try:
    from websockets.exceptions import ConnectionClosed, InvalidStatus
    from websockets.sync.client import connect
except ImportError as error:
    raise MissingExtra(
        'The client needs websockets: pip install "django-wsrouter[client]"'
    ) from error

_CLOSE_SECONDS = 2.0


class HandshakeAnswered(WSRouterError):
    """The handshake was answered with this `status`, and this `body`."""

    def __init__(self, status: int, body: str) -> None:
        super().__init__(f"The handshake was answered with {status} {body}".strip())
        self.status, self.body = status, body


class BlockingSocket:
    """Belongs to one thread at a time. Raises HandshakeAnswered, and OSError or
    TimeoutError when there is no answer."""

    def __init__(
        self,
        url: str,
        *,
        headers: Mapping[str, str],
        subprotocols: Sequence[str],
        user_agent: str,
        seconds: float,
    ) -> None:
        options: dict[str, Any] = {"subprotocols": subprotocols or None}
        self._stack = ExitStack()
        try:
            connecting = connect(
                url,
                additional_headers=dict(headers),
                user_agent_header=user_agent or None,
                compression=None,
                proxy=None,
                open_timeout=seconds,
                close_timeout=_CLOSE_SECONDS,
                ping_interval=None,
                max_size=None,
                **options,
            )
            self._connection = self._stack.enter_context(connecting)
        except InvalidStatus as error:
            body = (error.response.body or b"").decode(errors="replace")
            status = error.response.status_code
            raise HandshakeAnswered(status, body) from error
        self.subprotocol = self._connection.subprotocol or ""
        self.close_code: int | None = None

    def send(self, text: str) -> None:
        """To a socket that has been closed nothing is sent."""
        with suppress(ConnectionClosed):
            self._connection.send(parts(text))

    def receive(self, seconds: float) -> str | None:
        """The next frame, None when there is none in that time; then `close_code` says
        whether there can be any more."""
        try:
            return str(self._connection.recv(timeout=seconds, decode=True))
        except TimeoutError:
            return None
        except ConnectionClosed:
            self.close_code = self._connection.close_code
            return None

    def close(self, code: int, reason: str) -> None:
        self._connection.close(code, reason)
        self.close_code = code

    def abort(self, code: int) -> None:
        """Lose the connection, without a close frame; `code` is what that counts as."""
        with suppress(OSError):
            self._connection.socket.shutdown(2)
        self._stack.close()
        self.close_code = code
