"""What goes over a client's sockets: calls and their answers, and subscriptions."""

from collections.abc import Callable
from functools import partial
from itertools import count
from typing import Any

from wsrouter.client.backoff import Backoff
from wsrouter.client.calls import Call, Finish, Outbox, Subscription
from wsrouter.client.connection_errors import CallTimeout, ConnectionLost, OutboxFull
from wsrouter.client.effects import Effect, Report, Send
from wsrouter.client.frames import Answer, Envelope
from wsrouter.client.options import Options
from wsrouter.client.sockets import ANSWER_SECONDS, NEVER, Socket
from wsrouter.errors import MessageError
from wsrouter.following.follower import Follower
from wsrouter.following.question import Positions, Question, Told

_PASSING = frozenset({"gateway_error", "internal_error"})
"""Codes of errors that need not come again."""
_LONGEST_ID = "9" * 12


class Exchange:
    """Part of a protocol. New messages go over the socket that it was `moved` to."""

    def __init__(
        self,
        options: Options,
        envelope: Envelope,
        follower: Follower,
        *,
        clock: Callable[[], float],
        random: Callable[[], float],
        emit: Callable[[Effect], None],
    ) -> None:
        self._options, self._envelope = options, envelope
        self._follower = follower
        self._clock, self._random, self._emit = clock, random, emit
        self._socket: Socket | None = None
        self._calls: dict[str, Call] = {}
        self._outbox = Outbox(options=options)
        self._subscriptions: dict[str, Subscription] = {}
        self._ids = map(str, count(1))
        self._ended_by: Exception | None = None

    def send(self, action: str, payload: Any) -> None:
        """Send a message that is not answered; raises ConnectionLost."""
        text = self._text(action, payload, None)
        if self._socket is None:
            raise ConnectionLost("There is no connection.")
        self._socket.unclear_until = self._clock() + ANSWER_SECONDS
        self._emit(Send(self._socket, text))

    def call(
        self,
        action: str,
        payload: Any,
        finish: Finish,
        *,
        timeout: float,
        queue: bool = False,
        retry: bool = False,
        question: Question | None = None,
    ) -> Call:
        """Raises ConnectionLost, OutboxFull, and ValueError for what cannot be sent."""
        call_id, question = next(self._ids), question or Question()
        call = Call(
            id=call_id,
            action=action,
            text=self._text(action, payload, call_id, question.since),
            deadline=self._clock() + timeout,
            finish=finish,
            question=question,
            queue=queue or retry,
            retry=retry,
        )
        self._submit(call)
        self._calls[call_id] = call
        return call

    def give_up(self, call: Call, error: Exception) -> None:
        """API Gateway may still answer, with an error that does not say to what."""
        if call.socket is not None:
            call.socket.unclear_until = self._clock() + ANSWER_SECONDS
        self._finish(call, None, error)

    def subscribe(self, subscription: Subscription, since: Positions) -> None:
        """Raises ValueError for what cannot be sent."""
        self._text(subscription.action, subscription.payload, _LONGEST_ID)
        self._subscriptions[subscription.id] = subscription
        self._follower.follow(subscription, since)
        self._repeat(subscription)

    def subscription(self, **members: Any) -> Subscription:
        backoff = Backoff(options=self._options, random=self._random)
        return Subscription(id=next(self._ids), backoff=backoff, **members)

    def unsubscribe(self, subscription: Subscription) -> None:
        self._subscriptions.pop(subscription.id, None)
        self._follower.forget(subscription)
        if self._socket is not None:
            self._socket.repeating.discard(subscription.id)

    def moved(self, socket: Socket) -> None:
        """New messages go over this socket from now on."""
        self._socket = socket
        for subscription in list(self._subscriptions.values()):
            self._repeat(subscription)
        for call in self._outbox.take_all():
            self._submit(call)

    def left(self, socket: Socket) -> None:
        """The socket of new messages has ended, and there is no other."""
        self._socket = None
        self.lost(socket)

    def lost(self, socket: Socket) -> None:
        """Whether the server has handled what is pending is not known."""
        for call_id in list(socket.pending):
            call = self._calls[call_id]
            socket.pending.discard(call_id)
            call.socket = None
            try:
                if not call.retry:
                    raise ConnectionLost("The connection was lost before the answer.")
                self._submit(call)
            except (ConnectionLost, OutboxFull) as error:
                self._finish(call, None, ConnectionLost(str(error), sent=True))

    def answered(self, answer: Answer) -> None:
        call = self._calls.get(answer.id or "")
        if call is not None:
            self._finish(call, answer.payload, answer.error, answer.streams)
        elif answer.error is not None and answer.id is None:
            self._emit(Report(answer.error))

    def blamed(self, socket: Socket, error: MessageError) -> None:
        """An error that does not name its message: that of the only call, if it can be
        no other's."""
        if len(socket.pending) == 1 and self._clock() >= socket.unclear_until:
            (call_id,) = socket.pending
            self._finish(self._calls[call_id], None, error)
        else:
            self._emit(Report(error))

    def tick(self) -> None:
        now = self._clock()
        for call in [call for call in self._calls.values() if now >= call.deadline]:
            self.give_up(call, CallTimeout(call.action))
        for subscription in list(self._subscriptions.values()):
            if now >= subscription.repeat_at:
                self._repeat(subscription)

    def deadline(self) -> float:
        calls = (call.deadline for call in self._calls.values())
        repeats = (one.repeat_at for one in self._subscriptions.values())
        return min((*calls, *repeats), default=NEVER)

    def end(self, error: Exception) -> None:
        """Nothing is sent any more."""
        self._socket, self._ended_by = None, error
        self._subscriptions.clear()
        self._outbox.take_all()
        for call in list(self._calls.values()):
            was_sent = call.socket is not None
            self._finish(call, None, ConnectionLost(str(error), sent=was_sent))

    def _text(
        self,
        action: str,
        payload: Any,
        call_id: str | None,
        since: Positions | None = None,
    ) -> str:
        text = self._envelope.message(action, payload, call_id, since)
        size, limit = len(text.encode()), self._options.message_bytes
        if size > limit:
            raise ValueError(f"{action!r} has {size} bytes; {limit} can be sent.")
        return text

    def _submit(self, call: Call) -> None:
        if self._ended_by is not None:
            raise ConnectionLost(str(self._ended_by))
        if self._socket is None:
            self._outbox.add(call)
            return
        call.socket = self._socket
        self._socket.pending.add(call.id)
        self._follower.began(call.question, self._socket)
        self._emit(Send(self._socket, call.text))

    def _finish(
        self, call: Call, payload: Any, error: Exception | None, streams: Any = None
    ) -> None:
        """The state comes first, and then what has changed since."""
        self._calls.pop(call.id, None)
        self._outbox.remove(call)
        if call.socket is not None:
            call.socket.pending.discard(call.id)
        call.finish(payload, error)
        counts = error is None and self._is_wanted(call)
        self._follower.settled(call.question, Told.of(streams) if counts else None)

    def _is_wanted(self, call: Call) -> bool:
        """A subscription's former socket tells nothing about its streams any more."""
        owner = call.question.owner
        is_current = owner in self._subscriptions.values()
        return owner is None or (is_current and call.socket is self._socket)

    def _repeat(self, subscription: Subscription) -> None:
        subscription.repeat_at = NEVER
        if (socket := self._socket) is None:
            return
        socket.repeating.add(subscription.id)
        finish = partial(self._repeated, subscription, socket)
        call = partial(
            self.call,
            subscription.action,
            subscription.payload,
            finish,
            timeout=subscription.timeout,
        )
        try:
            call(question=self._follower.question(subscription))
        except ValueError:  # no room for the positions; pings ask for what was missed
            call(question=Question(owner=subscription))

    def _repeated(
        self,
        subscription: Subscription,
        socket: Socket,
        payload: Any,
        error: Exception | None,
    ) -> None:
        is_wanted = subscription.id in self._subscriptions and socket is self._socket
        if not is_wanted or isinstance(error, ConnectionLost):
            return
        if error is None:
            subscription.backoff.reset()
            socket.repeating.discard(subscription.id)
            subscription.on_reply(payload)
            return
        if subscription.on_error is None:
            self._emit(Report(error))
        else:
            subscription.on_error(error)
        if is_passing(error):
            wait = _retry_after(error) + subscription.backoff.next_wait()
            subscription.repeat_at = self._clock() + wait
        else:
            socket.repeating.discard(subscription.id)


def is_passing(error: Exception) -> bool:
    """Whether the same call may succeed when it is made again."""
    if isinstance(error, MessageError):
        return error.retry or error.code in _PASSING
    return isinstance(error, CallTimeout)


def _retry_after(error: Exception) -> float:
    detail = getattr(error, "detail", None)
    found = detail.get("retry_after") if isinstance(detail, dict) else None
    return float(found) if isinstance(found, int | float) else 0.0
