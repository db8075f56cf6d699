"""What a client does, without input and output: it is told what happened, and says what
to do by `effects`.

A runner opens and closes sockets, sends texts, and calls `tick` at `deadline`, which is
a time of the clock that it has given.
"""

from collections import deque
from collections.abc import Callable

from wsrouter.client.backoff import Backoff
from wsrouter.client.calls import Subscription
from wsrouter.client.connection_errors import ConnectionLost
from wsrouter.client.effects import (
    FINAL,
    Changed,
    Close,
    Effect,
    Open,
    State,
)
from wsrouter.client.event_order import EventOrder
from wsrouter.client.exchange import Exchange
from wsrouter.client.frames import (
    Answer,
    Envelope,
    EventFrame,
    understood,
)
from wsrouter.client.options import Options
from wsrouter.client.sockets import NEVER, Socket
from wsrouter.client.stream_checks import StreamChecks
from wsrouter.following.question import Positions

_LATE_SECONDS = 2.0
"""A timer that comes so late tells that the program stood still, not the server."""
_MAX_PROBES = 3
"""The last of them is judged even by a late timer."""


class Protocol:
    """One client. `clock` returns seconds, `random` numbers from 0 to 1. `since` are
    positions that came with the state."""

    def __init__(
        self,
        options: Options,
        envelope: Envelope,
        *,
        clock: Callable[[], float],
        random: Callable[[], float],
        since: Positions | None = None,
    ) -> None:
        self.state = State.CONNECTING
        self.effects: deque[Effect] = deque()
        self._options, self._clock, self._random = options, clock, random
        self._backoff = Backoff(options=options, random=random)
        self._current: Socket | None = None
        self._opening: Socket | None = None
        self._retired: list[Socket] = []
        self._attempt_at = NEVER
        emit = self.effects.append
        self._events = EventOrder(options, clock=clock, emit=emit)
        self._follower = self._events.follower
        self._follower.give(since or {})
        self.exchange = Exchange(
            options, envelope, self._follower, clock=clock, random=random, emit=emit
        )
        self._checks = StreamChecks(
            options,
            self._follower,
            self.exchange,
            clock=clock,
            is_always=since is not None,
        )

    # What the runner tells

    def start(self) -> None:
        """Make the first attempt."""
        self._attempt()

    def opened(self, socket: Socket) -> None:
        if socket is not self._opening:
            return
        self._opening, now = None, self._clock()
        former, self._current = self._current, socket
        spread = (2 * self._random() - 1) * self._options.hand_over_spread
        socket.is_open, socket.opened_at, socket.received_at = True, now, now
        socket.hand_over_at = now + self._options.hand_over + spread
        if former is not None:
            self._retire(former)
        self.exchange.moved(socket)
        self._checks.opened(socket)
        if former is None:
            self._become(State.OPEN)

    def ended(
        self,
        socket: Socket,
        error: Exception,
        *,
        is_refused: bool = False,
        wait: float = 0.0,
    ) -> None:
        """A socket has closed or could not be opened; not before `wait` seconds have
        passed is another one tried, and never if the client `is_refused`."""
        if socket is self._opening:
            self._opening = None
            if is_refused:
                self._end(State.REFUSED, error)
            else:
                self._wait(error, wait)
        elif socket in self._retired:
            self._retired.remove(socket)
            self.exchange.lost(socket)
        elif socket is self._current:
            self._lost(socket, error)

    def received(self, socket: Socket, text: str | bytes) -> None:
        if socket is not self._current and socket not in self._retired:
            return
        socket.received_at, socket.probe_ends, socket.probes = self._clock(), NEVER, 0
        frame = understood(text)
        if isinstance(frame, EventFrame):
            self._events.received(frame)
        elif isinstance(frame, Answer):
            self.exchange.answered(frame)
        elif frame is not None:
            self.exchange.blamed(socket, frame.error)
        self._close_retired()

    def tick(self) -> None:
        """Do what is due; it may come late."""
        if self.state in FINAL:
            return
        now = self._clock()
        self.exchange.tick()
        if now >= self._attempt_at:
            self._attempt()
        if self._opening is not None and now >= self._opening.attempt_ends:
            slow = ConnectionLost("The handshake took too long.")
            self.effects.append(Close(self._opening))
            self.ended(self._opening, slow)
        if self._current is not None:
            self._keep(self._current)
        self._checks.tick(self._current)
        self._close_retired()

    def close(self) -> None:
        """End for good, at any moment."""
        self._end(State.CLOSED, None)

    def deadline(self) -> float:
        """When `tick` has something to do; infinity when it has not."""
        if self.state in FINAL:
            return NEVER
        times = [self._attempt_at, self.exchange.deadline()]
        times.append(self._checks.deadline(self._current))
        if self._opening is not None:
            times.append(self._opening.attempt_ends)
        if (current := self._current) is not None:
            is_silent = current.received_at + self._options.keep_alive
            is_probed = current.probe_ends != NEVER
            times.append(current.hand_over_at)
            times.append(current.probe_ends if is_probed else is_silent)
        times += [self._retirement(socket) for socket in self._retired]
        return min(times)

    def subscribe(
        self, subscription: Subscription, since: Positions | None = None
    ) -> None:
        if self.state not in FINAL:
            self.exchange.subscribe(subscription, since or {})

    def unsubscribe(self, subscription: Subscription) -> None:
        self.exchange.unsubscribe(subscription)

    # Sockets

    def _attempt(self) -> None:
        self._attempt_at = NEVER
        ends = self._clock() + self._options.connect_timeout
        self._opening = Socket(attempt_ends=ends)
        if self._current is None:
            self._become(State.CONNECTING)
        self.effects.append(Open(self._opening))

    def _wait(self, error: Exception, at_least: float = 0.0) -> None:
        self._attempt_at = self._clock() + at_least + self._backoff.next_wait()
        if self._current is None:
            self._become(State.WAITING, error)

    def _lost(self, socket: Socket, error: Exception) -> None:
        self._current = None
        if self._clock() - socket.opened_at >= self._options.stable_after:
            self._backoff.reset()
        self.exchange.left(socket)
        if self._opening is not None:
            self._become(State.CONNECTING)
        else:
            self._wait(error)

    def _keep(self, socket: Socket) -> None:
        """Only silence after a ping is a sign that a socket is dead."""
        now = self._clock()
        if now >= socket.hand_over_at:
            socket.hand_over_at = NEVER
            self._backoff.reset()
            self._attempt()
        if socket.probe_ends == NEVER:
            if now >= socket.received_at + self._options.keep_alive:
                self._probe(socket)
        elif now >= socket.probe_ends:
            is_late = now - socket.probe_ends >= _LATE_SECONDS
            if is_late and socket.probes < _MAX_PROBES:
                self._probe(socket)
            else:
                self.effects.append(Close(socket))
                silent = "The connection was silent after a ping."
                self._lost(socket, ConnectionLost(silent))

    def _probe(self, socket: Socket) -> None:
        socket.probes += 1
        socket.probe_ends = self._clock() + self._options.ping_timeout
        self._checks.ping(socket)

    def _retire(self, socket: Socket) -> None:
        socket.retire_at = self._clock() + self._options.overlap
        socket.limit = socket.retire_at + self._options.drain
        self._retired.append(socket)

    def _retirement(self, socket: Socket) -> float:
        """When a replaced socket is closed: events that were posted before the new one
        had its groups may still come over it, and the answers to its calls."""
        current = self._current
        is_replaced = current is not None and not current.repeating
        may_end = is_replaced and not socket.pending
        return socket.retire_at if may_end else socket.limit

    def _close_retired(self) -> None:
        for socket in list(self._retired):
            if self._clock() >= self._retirement(socket):
                self._retired.remove(socket)
                self.effects.append(Close(socket))
                self.exchange.lost(socket)

    def _end(self, state: State, error: Exception | None) -> None:
        if self.state in FINAL:
            return
        ended = [self._opening, self._current, *self._retired]
        self.effects.extend(Close(socket) for socket in ended if socket is not None)
        self._opening = self._current = None
        self._retired = []
        self._attempt_at = NEVER
        self._become(state, error)
        self._follower.clear()
        self.exchange.end(error or ConnectionLost("The client was closed."))

    def _become(self, state: State, error: Exception | None = None) -> None:
        self.state = state
        self.effects.append(Changed(state, error))
