"""The client for asyncio."""

import asyncio
from collections.abc import Callable, Generator, Mapping
from concurrent.futures import Executor
from functools import partial
from types import TracebackType
from typing import Any, Self, TypeVar, overload

from wsrouter.client import typed
from wsrouter.client.connection_errors import ConnectionLost
from wsrouter.client.connector import Way
from wsrouter.client.effects import Gap, State
from wsrouter.client.frames import JOIN, NO_PAYLOAD, Envelope
from wsrouter.client.listeners import (
    EVERY_EVENT,
    ON_ERROR,
    ON_GAP,
    ON_STATE,
    Listener,
)
from wsrouter.client.options import Options
from wsrouter.client.presence_state import PresenceState
from wsrouter.client.presence_view import PresenceView, key_of
from wsrouter.client.runner import Runner
from wsrouter.client.ticket_source import TicketSource
from wsrouter.following.question import Positions

T = TypeVar("T")


class Client:
    """A connection that comes back, made by `connect`. All of it belongs to one event
    loop; listeners that are plain functions run in the `executor`, if there is one.

    `ticket` is the URL of the ticket view, to which `ticket_headers` are sent, or a
    function that returns a ticket; each attempt draws one. `headers` are those of the
    handshake. `envelope` and `action_name` are the gateway's ENVELOPE and the member
    that its ROUTE_SELECTION_EXPRESSION names. `since` are positions in streams that
    came with the program's state; `{}` is for the user's own stream from the start.
    """

    def __init__(
        self,
        url: str,
        *,
        ticket: TicketSource | None = None,
        headers: Mapping[str, str] | None = None,
        ticket_headers: Mapping[str, str] | None = None,
        envelope: str = "nested",
        action_name: str = "action",
        options: Options | None = None,
        executor: Executor | None = None,
        since: Positions | None = None,
    ) -> None:
        if envelope not in ("nested", "flat"):
            raise ValueError(
                "This client speaks the envelopes 'nested' and 'flat',"
                f" not {envelope!r}."
            )
        self.options = options or Options()
        self._runner = Runner(
            self.options,
            Envelope(is_flat=envelope == "flat", action=action_name),
            Way(
                url=url,
                ticket=ticket,
                headers=headers or {},
                ticket_headers=ticket_headers or {},
                seconds=self.options.connect_timeout,
            ),
            executor,
            since,
        )
        self._protocol = self._runner.protocol
        self._listeners = self._runner.listeners
        self._runner.start()

    @property
    def state(self) -> State:
        """`connecting`, `open`, `waiting` (for the next attempt), `closed` or
        `refused`."""
        return self._protocol.state

    async def opened(self, timeout: float | None = None) -> None:
        """Wait for the connection; raises ConnectionLost when it does not open within
        `timeout` seconds (by default, `options.connect_timeout`), ConnectionRefused
        when the server does not take this client."""
        seconds = self.options.connect_timeout if timeout is None else timeout
        await self._runner.opened(seconds)

    @overload
    async def call(
        self,
        action: str,
        payload: Any = ...,
        *,
        reply: type[T],
        timeout: float | None = None,
        queue: bool = False,
        retry: bool = False,
    ) -> T: ...

    @overload
    async def call(
        self,
        action: str,
        payload: Any = ...,
        *,
        reply: None = None,
        timeout: float | None = None,
        queue: bool = False,
        retry: bool = False,
    ) -> Any: ...

    async def call(
        self,
        action: str,
        payload: Any = NO_PAYLOAD,
        *,
        reply: Any = None,
        timeout: float | None = None,
        queue: bool = False,
        retry: bool = False,
    ) -> Any:
        """Send a message and return the payload of its reply, as the type `reply`.

        Raises MessageError for an error, CallTimeout, and ConnectionLost without a
        connection or when it ends before the answer. With `queue` the call waits for a
        connection, for `timeout` seconds at most and unless OutboxFull is raised; with
        `retry` it is also sent again after a lost connection, and may be handled twice.
        """
        answer: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        call = self._protocol.exchange.call(
            action,
            payload,
            lambda payload, error: _settle(answer, payload, error),
            timeout=self.options.timeout if timeout is None else timeout,
            queue=queue,
            retry=retry,
        )
        self._runner.carry_out()
        try:
            return typed.validated(reply, await answer)
        except asyncio.CancelledError:
            cancelled = ConnectionLost(f"{action!r} was cancelled.", sent=True)
            self._protocol.exchange.give_up(call, cancelled)
            raise

    async def send(self, action: str, payload: Any = NO_PAYLOAD) -> None:
        """Send a message that is not answered; raises ConnectionLost without a
        connection."""
        self._protocol.exchange.send(action, payload)
        self._runner.carry_out()

    def on(
        self, event: str, listener: Listener, payload: Any = None
    ) -> Callable[[], None]:
        """Call `listener`, a function or a coroutine function, with the payload of each
        event of this name, as the type `payload`; "*" stands for every event and its
        whole frame. Returns a function that ends it."""

        def heard(frame: dict[str, Any]) -> Any:
            return listener(typed.validated(payload, frame.get("payload")))

        is_every = event == EVERY_EVENT
        return self._listeners.add(event, listener if is_every else heard)

    def on_state(
        self, listener: Callable[[State, Exception | None], Any]
    ) -> Callable[[], None]:
        """Call `listener` with each new state and why it came, where that is known."""
        return self._listeners.add(ON_STATE, listener)

    def on_error(self, listener: Callable[[Exception], Any]) -> Callable[[], None]:
        """Call `listener` with errors that belong to no call; without a listener they
        are logged."""
        return self._listeners.add(ON_ERROR, listener)

    def on_gap(self, listener: Callable[[Gap], Any]) -> Callable[[], None]:
        """Call `listener` when kept events are missing for good: load the state again.
        Without a listener it is logged. Returns a function that ends it."""
        return self._listeners.add(ON_GAP, listener)

    def subscribe(
        self,
        action: str,
        payload: Any = NO_PAYLOAD,
        *,
        reply: Any = None,
        on_reply: Listener | None = None,
        on_error: Listener | None = None,
        on_gap: Callable[[Gap], Any] | None = None,
        since: Positions | None = None,
        timeout: float | None = None,
    ) -> Callable[[], None]:
        """Make a call now and again on every new socket, so that its groups come back,
        and with them the kept events that were missed since.

        `on_reply` is called with each reply, as the type `reply`, before the events
        that follow it; `on_error` with each error, `on_gap` when events of its streams
        are missing for good. Returns a function that ends it; what the server has set
        up for this connection stays.
        """

        def replied(payload: Any) -> None:
            if on_reply is not None:
                self._listeners.call(lambda: on_reply(typed.validated(reply, payload)))

        subscription = self._protocol.exchange.subscription(
            action=action,
            payload=payload,
            timeout=self.options.timeout if timeout is None else timeout,
            on_reply=replied,
            on_error=on_error and partial(self._listeners.call, on_error),
            on_gap=on_gap,
        )
        self._protocol.subscribe(subscription, since)
        self._runner.carry_out()
        return lambda: self._protocol.unsubscribe(subscription)

    def presence(
        self,
        group: str,
        event: str,
        *,
        member: type[T] | None = None,
        key: str = "id",
        leave_delay: float = 5.0,
        on_change: Callable[[PresenceView[T]], Any] | None = None,
        on_error: Listener | None = None,
    ) -> PresenceView[T]:
        """Join a group, again on every new socket, and follow who is in it.

        `event` is the name of its presence, `member` the type of a member, `key` the
        field that tells one from another. A member that leaves is shown for
        `leave_delay` seconds more, so that one that comes back has never left.
        `on_change` is called with the view when it shows something else.
        """
        state = PresenceState(key=key_of(key), leave_delay=leave_delay)

        def show(view: PresenceView[T]) -> None:
            if on_change is not None:
                self._listeners.call(on_change, view)

        view = PresenceView(group, state, member, show)
        payload, replied = {"groups": [group]}, view.listed
        undo = (
            self.on(event, view.changed),
            self.subscribe(JOIN, payload, on_reply=replied, on_error=on_error),
        )
        view.ends_with(undo)
        return view

    async def close(self) -> None:
        """End for good. Calls that are not answered yet raise ConnectionLost."""
        await self._runner.close()

    async def __aenter__(self) -> Self:
        try:
            await self.opened()
        except BaseException:
            await self.close()
            raise
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self.close()

    def __await__(self) -> Generator[Any, None, Self]:
        """The client, when it is connected."""
        return self.__aenter__().__await__()


def _settle(answer: "asyncio.Future[Any]", payload: Any, error: Any) -> None:
    if answer.done():
        return
    if error is None:
        answer.set_result(payload)
    else:
        answer.set_exception(error)
