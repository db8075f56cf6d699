"""When a client asks for the kept events that it may have missed."""

from collections.abc import Callable
from functools import partial
from typing import Any

from wsrouter.client.exchange import Exchange, is_passing
from wsrouter.client.frames import NO_PAYLOAD, PING
from wsrouter.client.options import Options
from wsrouter.client.sockets import NEVER, Socket
from wsrouter.errors import MessageError
from wsrouter.following.follower import Follower
from wsrouter.following.question import Question

_FORBIDDEN = "Forbidden"
"""API Gateway's answer where no route of the API takes a ping."""


class StreamChecks:
    """Part of a protocol. It asks when a socket opens, for what has not come in time,
    and now and then for a last event that got lost; with `is_always`, also when no
    stream is known yet.

    No answer to a ping is no gap. Where pings are refused, what is late is one.
    """

    def __init__(
        self,
        options: Options,
        follower: Follower,
        exchange: Exchange,
        *,
        clock: Callable[[], float],
        is_always: bool,
    ) -> None:
        self._options, self._clock = options, clock
        self._follower, self._exchange = follower, exchange
        self._is_always = is_always
        self._socket: Socket | None = None
        self._may_ask, self._is_forbidden = True, False

    def opened(self, socket: Socket) -> None:
        """New messages go over this socket."""
        self._socket, socket.asked_at = socket, self._clock()
        self._may_ask = not self._is_forbidden
        if self._has_streams:
            self.ping(socket)

    def ping(self, socket: Socket) -> None:
        """Ask whether the server is there, and for what was missed."""
        question = Question(is_ping=True)
        if self._has_streams and not socket.is_asking:
            question = self._follower.ping(socket)
            socket.asked_at, socket.is_asking = self._clock(), True
        finish = partial(self._answered, socket, is_asking=question.since is not None)
        timeout = self._options.timeout
        self._exchange.call(
            PING, NO_PAYLOAD, finish, timeout=timeout, question=question
        )

    def tick(self, socket: Socket | None) -> None:
        is_due = self._clock() >= self._next_check(socket)
        for stream in self._follower.overdue():
            if self._may_ask:
                is_due = True
            else:
                self._follower.give_up(stream)
        if is_due and socket is not None and not socket.is_asking:
            self.ping(socket)

    def deadline(self, socket: Socket | None) -> float:
        """What is due already waits for the answer of a ping, or for a socket."""
        now, can_ask = self._clock(), socket is not None and not socket.is_asking
        times = [
            stream.due
            for stream in self._follower.streams.values()
            if stream.due > now or can_ask or not self._may_ask
        ]
        return min((self._next_check(socket), *times))

    @property
    def _has_streams(self) -> bool:
        return self._may_ask and (self._is_always or bool(self._follower.streams))

    def _next_check(self, socket: Socket | None) -> float:
        if socket is None or socket.is_asking or not self._has_streams:
            return NEVER
        return socket.asked_at + self._options.check_streams

    def _answered(
        self, socket: Socket, _: Any, error: Exception | None, *, is_asking: bool
    ) -> None:
        if not is_asking:
            return
        socket.is_asking = False
        if isinstance(error, MessageError) and socket is self._socket:
            self._is_forbidden |= error.message == _FORBIDDEN
            self._may_ask = not self._is_forbidden and is_passing(error)
