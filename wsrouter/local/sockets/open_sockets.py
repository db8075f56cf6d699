"""The open sockets, by connection id."""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import islice

from wsrouter.local.rules.behaviour import Limits
from wsrouter.local.rules.gateway_event import Close, ConnectionInfo, now_millis
from wsrouter.local.sockets.send_buffer import SendBuffer

GOING_AWAY = Close(code=1001, reason="Going away")
"""The code for the idle and lifetime limits in "Overview of WebSocket APIs in API
Gateway", section "WebSocket API status codes"."""
_SERVICE_RESTART = Close(code=1012)


class OpenSocket:
    """One open socket: sends to it, and closes it at its idle or lifetime limit."""

    def __init__(
        self,
        connection: ConnectionInfo,
        send_buffer: SendBuffer,
        limits: Limits,
        abort: Callable[[], None],
        *,
        user: str = "",
    ) -> None:
        self.connection = connection
        self.user = user
        self.last_active_at = now_millis()
        self.closing: Close | None = None
        self.is_dropped = False
        self._silent_drop_ended: asyncio.Event | None = None
        self._send_buffer = send_buffer
        self._limits = limits
        self._abort = abort
        self._loop = asyncio.get_running_loop()
        self._timer: asyncio.TimerHandle | None = None
        self._opened = self._active = self._loop.time()

    def touch(self) -> None:
        """Restart the idle timer: a message went in either direction."""
        self._active = self._loop.time()
        self.last_active_at = now_millis()

    def try_send(self, text: str, *, delay_seconds: float = 0.0) -> bool:
        """Queue a text frame, now or after a delay; False when the client's buffer is
        full."""
        if self._silent_drop_ended is not None:
            self.touch()
            return True
        if queued := self._send_buffer.try_send(text, delay_seconds):
            self.touch()
        return queued

    def close(self, close: Close) -> None:
        """Close after what is queued, or by force when the client does not read."""
        if self.closing is None:
            self.closing = close
            if self._silent_drop_ended is not None:
                self._silent_drop_ended.set()
            self._send_buffer.close(close.code, close.reason)
            self._schedule(self._limits.close_seconds, self._abort)

    def drop(self, *, detected: bool = True) -> None:
        """Cut the TCP connection.

        A detected drop ends the socket without a `$disconnect`. After an undetected one
        the socket stays listed and discards every frame until a limit closes it.
        """
        if detected:
            self.is_dropped = True
        elif self._silent_drop_ended is None:
            self._silent_drop_ended = asyncio.Event()
        self._abort()

    @property
    def is_silently_dropped(self) -> bool:
        """Whether the TCP connection was cut and the gateway acts as if it were not."""
        return self._silent_drop_ended is not None

    async def wait_for_silent_drop(self) -> None:
        """Return once the socket is closed, if its drop is undetected; else at once."""
        if self._silent_drop_ended is not None and self.closing is None:
            await self._silent_drop_ended.wait()

    @contextmanager
    def running(self) -> Iterator[None]:
        """Send what is queued and watch the limits while inside the block."""
        writer = self._loop.create_task(self._send_buffer.run())
        self._check_limits()
        try:
            yield
        finally:
            self._stop_timer()
            writer.cancel()

    def _check_limits(self) -> None:
        idle_end = self._active + self._limits.idle_seconds
        lifetime_end = self._opened + self._limits.lifetime_seconds
        remaining = min(idle_end, lifetime_end) - self._loop.time()
        if remaining <= 0:
            self.close(GOING_AWAY)
        else:
            self._schedule(remaining, self._check_limits)

    def _schedule(self, seconds: float, action: Callable[[], None]) -> None:
        self._stop_timer()
        self._timer = self._loop.call_later(seconds, action)

    def _stop_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()


class OpenSockets:
    """The sockets between their 101 and the moment they begin to close."""

    def __init__(self) -> None:
        self._sockets: dict[str, OpenSocket] = {}

    def __len__(self) -> int:
        return len(self._sockets)

    def oldest(self, count: int) -> list[OpenSocket]:
        """The `count` sockets that have been open longest."""
        return list(islice(self._sockets.values(), count))

    def close_all(self, close: Close) -> None:
        for socket in list(self._sockets.values()):
            socket.close(close)

    def close_silently_dropped(self) -> None:
        """Close the silently dropped sockets: the ASGI server no longer knows them, so
        its shutdown does not end them."""
        for socket in list(self._sockets.values()):
            if socket.is_silently_dropped:
                socket.close(_SERVICE_RESTART)

    def get(self, connection_id: str) -> OpenSocket | None:
        socket = self._sockets.get(connection_id)
        return None if socket is None or socket.closing else socket

    @contextmanager
    def listed(self, socket: OpenSocket) -> Iterator[None]:
        """List `socket` as open while inside the block."""
        self._sockets[socket.connection.connection_id] = socket
        try:
            yield
        finally:
            del self._sockets[socket.connection.connection_id]
