"""A WebSocket client for tests: in memory, or over the network."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, ClassVar, Self, Unpack

from wsrouter import conf
from wsrouter.following.question import Positions, Question
from wsrouter.testing import client_sockets, kept_streams
from wsrouter.testing.connect_options import Handshake
from wsrouter.testing.inbox import Gap, Subscription
from wsrouter.testing.message_text import NO_PAYLOAD, message_text
from wsrouter.testing.outcomes import ErrorFrame, not_open
from wsrouter.testing.simulated_gateway import PING, can_ping, token

_LOST = 1006
"""The close code of a connection that ended without one."""


class WebSocketClient:
    """A client of one gateway, for any kind of TestCase.

    `user` is logged in with a session, as a browser would be. A crash in a handler is
    raised in the test, as Django's own client does, unless `raise_exceptions` is False.
    `since` are positions in streams that came with a page.
    """

    at: ClassVar[str] = ""
    """`memory`, `local`, or the URL of a deployed API, for clients of this class; when
    it is empty, what was chosen for the run."""
    timeout: ClassVar[float] = 10.0
    """Seconds to wait for a frame that comes over the network."""

    def __init__(
        self,
        user: Any = None,
        *,
        gateway: str = "default",
        raise_exceptions: bool = True,
        since: Positions | None = None,
    ) -> None:
        if user is not None and not hasattr(user, "is_authenticated"):
            raise TypeError(f"A user is expected, not a {type(user).__name__}.")
        self._gateway = conf.gateway(gateway)
        self._inbox = client_sockets.inbox(self.at)
        self._socket = client_sockets.client_socket(
            self.at,
            user,
            self._gateway,
            self._inbox,
            raise_exceptions=raise_exceptions,
            seconds=self.timeout,
        )
        self._subscriptions: list[Subscription] = []
        self._handshake: Handshake | None = None
        self._since = since

    def __enter__(self) -> Self:
        return self.connect()

    def __exit__(self, *_: object) -> None:
        self.disconnect()
        self._socket.leave()

    @property
    def connection_id(self) -> str:
        """Another one for each connection. Raises NotAtThisGateway for a deployed
        API."""
        return self._socket.connection_id

    @property
    def subprotocol(self) -> str:
        """The one that the handshake has accepted."""
        return self._socket.subprotocol

    @property
    def is_open(self) -> bool:
        """Whether the connection is open. What waits for the test's own commit, such as
        the end of a session, is done first."""
        self._socket.settle()
        return self._socket.is_open

    @property
    def close_code(self) -> int | None:
        """The close code; None while the connection is open, and before it is."""
        self._socket.settle()
        return self._socket.close_code

    def connect(
        self,
        *,
        query: str = "",
        headers: Mapping[str, str] | None = None,
        source_ip: str = "127.0.0.1",
        user_agent: str = "",
        principal: str = "",
        authorizer: Mapping[str, str | float | bool] | None = None,
    ) -> Self:
        """Make the handshake, with a new connection id every time; raises
        HandshakeRefused. `principal` is the user that the gateway's authorizer names,
        `authorizer` the other values of its context, which HEADERS can map. It begins
        without subscriptions; `reconnect` goes on with them."""
        self._handshake = Handshake(
            query=query,
            headers=headers,
            source_ip=source_ip,
            user_agent=user_agent,
            principal=principal,
            authorizer=authorizer,
        )
        assert not self.is_open, "The connection is open already."
        self._subscriptions.clear()
        self._inbox.forget(self._since)
        self._socket.open(self._handshake)
        if self._since is not None:
            self.ping()
        return self

    def reconnect(self, **changes: Unpack[Handshake]) -> Self:
        """Lose the connection if it is open, and come back as real clients do: with
        another id, the subscriptions, and the kept events that were missed. The
        handshake is that of `connect`, but for `changes`. Raises HandshakeRefused, and
        ErrorFrame when a subscription is refused."""
        assert self._handshake is not None, "Call connect() first."
        self.disconnect(_LOST)
        self._socket.open(Handshake(**{**self._handshake, **changes}))
        refused = list(filter(None, map(self._repeated, self._subscriptions)))
        if self._inbox.follower.streams and can_ping(self._gateway):
            self.ping()
        if refused:
            raise refused[0]
        return self

    def disconnect(self, code: int = 1000, reason: str = "") -> None:
        """Close the connection from the client's side, if it is open."""
        self._socket.settle()
        if self._socket.is_open:
            self._socket.close(code, reason)

    def wait_closed(self) -> int:
        """The close code, once the other side has closed the connection; raises
        AssertionError when it has not."""
        self._socket.wait(lambda: not self._socket.is_open)
        code = self._socket.close_code
        assert code is not None, "The connection is not closed."
        return code

    @contextmanager
    def offline(self) -> Iterator[None]:
        """Lose the connection, and reconnect at the end of the block: what is sent in
        it is missed."""
        self.disconnect(_LOST)
        yield
        self.reconnect()

    @contextmanager
    def lost_posts(self) -> Iterator[None]:
        """What is sent in the block does not arrive, and the connection stays open."""
        self._socket.settle()
        with self._inbox.lost_posts():
            yield
            self._socket.settle()

    def force_gap(self, group: str | None = None) -> None:
        """Have the server forget what it has kept for a group, or for all streams that
        this client follows, the user's own too. Positions in them mean nothing any
        more, and a gap comes with the next reconnect, ping or event."""
        client_sockets.require_database(self.at)
        self._socket.settle()
        kept_streams.lose(self._inbox.follower.streams, group)

    def send(self, action: str, payload: Any = NO_PAYLOAD, *, id: Any = None) -> None:  # noqa: A002  # the frame's
        """Send a message in the gateway's envelope; answers arrive in `receive`.

        `payload` is anything that pydantic can turn into JSON.
        """
        text = message_text(self._gateway, action, payload, id)
        self._send(text, Question(), None if id is None else str(id))

    def send_text(self, text: str) -> None:
        """Send a raw frame. A frame above 128 KB closes the connection with 1009."""
        self._send(text, Question(), None)

    def call(self, action: str, payload: Any = NO_PAYLOAD) -> Any:
        """Send a message with an id and return the payload of its reply; raises
        ErrorFrame. Events that arrive before it wait for `receive`. In an application's
        own envelope it returns the whole answer, whatever that says."""
        return self._ask(action, payload, Question())

    def ping(self) -> None:
        """Ask for the kept events that were missed, as clients do every five minutes.
        That finds a last event that was lost, and opens the user's own stream."""
        self._ask(PING, NO_PAYLOAD, self._inbox.follower.ping(self._socket.key))

    def subscribe(
        self,
        action: str,
        payload: Any = NO_PAYLOAD,
        *,
        since: Positions | None = None,
    ) -> Subscription:
        """Make a call that `reconnect` repeats; its payload is in `reply`. `since` are
        positions that came with a page. Raises ErrorFrame."""
        subscription = Subscription(action=action, payload=payload)
        self._inbox.follower.follow(subscription, since or {})
        if refused := self._repeated(subscription):
            self._inbox.follower.forget(subscription)
            raise refused
        self._subscriptions.append(subscription)
        return subscription

    def unsubscribe(self, subscription: Subscription) -> None:
        """Repeat the call no more; what it has set up for this connection stays."""
        self._subscriptions.remove(subscription)
        self._inbox.follower.forget(subscription)

    def receive(self, type: str | None = None) -> dict[str, Any]:  # noqa: A002  # the frame's
        """The next frame, or the next of a type: an event's name, `reply` or `error`.

        Sends that wait for the test's own commit are sent now.
        """
        self._socket.wait(lambda: self._next(type) is not None)
        frame = self._next(type)
        if frame is None:
            wanted = "frame" if type is None else f"frame of type {type!r}"
            raise AssertionError(f"No {wanted} has arrived; {self._inbox.listing()}")
        self._inbox.frames.remove(frame)
        return frame

    @property
    def frames(self) -> list[dict[str, Any]]:
        """The frames that have arrived and were not received yet."""
        self._socket.settle()
        self._ask_for_lost()
        return list(self._inbox.frames)

    @property
    def gaps(self) -> list[Gap]:
        """What was missed for good until now: a real client loads its state again."""
        self._socket.settle()
        self._ask_for_lost()
        return list(self._inbox.gaps)

    def _next(self, kind: str | None) -> dict[str, Any] | None:
        self._ask_for_lost()
        return self._inbox.first(kind)

    def _ask_for_lost(self) -> None:
        """Clients ask for the kept events that got lost on the way, when a later one
        has come."""
        follower = self._inbox.follower
        while self._socket.is_open and (overdue := follower.overdue()):
            if can_ping(self._gateway):
                self.ping()
            else:
                for stream in overdue:
                    follower.give_up(stream)

    def _repeated(self, subscription: Subscription) -> ErrorFrame | None:
        """Make its call, and return what refuses it."""
        question = self._inbox.follower.question(subscription)
        try:
            subscription.reply = self._ask(
                subscription.action, subscription.payload, question
            )
        except ErrorFrame as refused:
            return refused
        return None

    def _ask(self, action: str, payload: Any, question: Question) -> Any:
        call_id, before = token(), len(self._inbox.frames)
        text = message_text(self._gateway, action, payload, call_id, question.since)
        self._send(text, question, call_id)
        self._socket.wait(lambda: self._answer(call_id, before) is not None)
        answer = self._answer(call_id, before)
        if answer is None:
            raise AssertionError(
                f"{action!r} was not answered; {self._inbox.listing()}"
            )
        self._inbox.frames.remove(answer)
        if self._gateway.custom_envelope is not None:
            return answer
        if answer["type"] == "error":
            raise ErrorFrame(answer)
        return answer["payload"]

    def _answer(self, call_id: str, before: int) -> dict[str, Any] | None:
        """In an application's own envelope, what arrives first: no id can be found."""
        frames = self._inbox.frames
        if self._gateway.custom_envelope is not None:
            return frames[before] if len(frames) > before else None
        return next((one for one in frames if one.get("id") == call_id), None)

    def _send(self, text: str, question: Question, message_id: str | None) -> None:
        self._socket.settle()
        assert self._socket.is_open, not_open(self._socket.close_code)
        self._socket.send(text, question, message_id)
