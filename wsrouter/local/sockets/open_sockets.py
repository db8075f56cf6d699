"""The open sockets, by connection id."""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import islice

from wsrouter.local.rules.behaviour import Limits
from wsrouter.local.rules.gateway_event import Caller, Close, now_millis
from wsrouter.local.sockets.send_buffer import Outbox

GOING_AWAY = Close(code=1001, reason="Going away")
_RESTART = Close(code=1012)


class Session:
    """One open socket: what may be sent to it, and when it must end."""

    def __init__(
        self,
        caller: Caller,
        outbox: Outbox,
        limits: Limits,
        abort: Callable[[], None],
        *,
        user: str = "",
    ) -> None:
        self.caller = caller
        self.user = user
        self.last_active_at = now_millis()
        self.closing: Close | None = None
        self.dropped = False
        self._unnoticed: asyncio.Event | None = None
        self._outbox = outbox
        self._limits = limits
        self._abort = abort
        self._loop = asyncio.get_running_loop()
        self._timer: asyncio.TimerHandle | None = None
        self._opened = self._active = self._loop.time()

    def touch(self) -> None:
        """A message went in either direction: the idle time starts again."""
        self._active = self._loop.time()
        self.last_active_at = now_millis()

    def offer(self, text: str) -> bool:
        """Queue a text frame; False when the client's buffer is full."""
        if self._unnoticed is not None:
            self.touch()
            return True
        if taken := self._outbox.offer(text):
            self.touch()
        return taken

    def close(self, close: Close) -> None:
        """Close after what is queued, or by force when the client does not read."""
        if self.closing is None:
            self.closing = close
            if self._unnoticed is not None:
                self._unnoticed.set()
            self._outbox.close(close.code, close.reason)
            self._plan(self._limits.close_seconds, self._abort)

    def drop(self, *, noticed: bool = True) -> None:
        """Cut the line. Noticed, that ends it without a `$disconnect`; if not, it takes
        frames for nobody until its time is over."""
        if noticed:
            self.dropped = True
        elif self._unnoticed is None:
            self._unnoticed = asyncio.Event()
        self._abort()

    @property
    def is_cut(self) -> bool:
        """Whether its line was cut and nobody has noticed."""
        return self._unnoticed is not None

    async def end(self) -> None:
        """Returns once it is over; at once, unless nobody has noticed."""
        if self._unnoticed is not None and self.closing is None:
            await self._unnoticed.wait()

    @contextmanager
    def running(self) -> Iterator[None]:
        """Sends what is queued and watches the time, until left."""
        writer = self._loop.create_task(self._outbox.run())
        self._watch()
        try:
            yield
        finally:
            self._stop_timer()
            writer.cancel()

    def _watch(self) -> None:
        idle = self._active + self._limits.idle_seconds
        end = self._opened + self._limits.lifetime_seconds
        remaining = min(idle, end) - self._loop.time()
        if remaining <= 0:
            self.close(GOING_AWAY)
        else:
            self._plan(remaining, self._watch)

    def _plan(self, seconds: float, action: Callable[[], None]) -> None:
        self._stop_timer()
        self._timer = self._loop.call_later(seconds, action)

    def _stop_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()


class Sessions:
    """Those that are open: neither before their 101 nor once they are closing."""

    def __init__(self) -> None:
        self._sessions: dict[str, Session] = {}

    def __len__(self) -> int:
        return len(self._sessions)

    def first(self, count: int) -> list[Session]:
        """The oldest of them."""
        return list(islice(self._sessions.values(), count))

    def close(self, close: Close) -> None:
        """Close every one of them."""
        for session in list(self._sessions.values()):
            session.close(close)

    def end_cut(self) -> None:
        """End those whose line was cut unnoticed: the server knows nothing of them."""
        for session in list(self._sessions.values()):
            if session.is_cut:
                session.close(_RESTART)

    def get(self, connection_id: str) -> Session | None:
        session = self._sessions.get(connection_id)
        return None if session is None or session.closing else session

    @contextmanager
    def open(self, session: Session) -> Iterator[None]:
        """`session` is among the open ones until left."""
        self._sessions[session.caller.connection_id] = session
        try:
            yield
        finally:
            del self._sessions[session.caller.connection_id]
