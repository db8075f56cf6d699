"""Does on an event loop what a client's protocol wants done."""

import asyncio
import random
from concurrent.futures import Executor

from wsrouter.client.connection_errors import ConnectionLost
from wsrouter.client.connector import Connector, Way
from wsrouter.client.effects import (
    FINAL,
    Changed,
    Close,
    Deliver,
    Effect,
    Gap,
    Miss,
    Open,
    Report,
    Send,
    State,
)
from wsrouter.client.frames import Envelope
from wsrouter.client.listeners import (
    EVERY_EVENT,
    ON_ERROR,
    ON_GAP,
    ON_STATE,
    Listener,
    Listeners,
    logger,
)
from wsrouter.client.options import Options
from wsrouter.client.protocol import Protocol
from wsrouter.client.sockets import NEVER
from wsrouter.following.question import Positions


class Runner:
    """Belongs to the event loop that runs when it is made."""

    def __init__(
        self,
        options: Options,
        envelope: Envelope,
        way: Way,
        executor: Executor | None,
        since: Positions | None,
    ) -> None:
        self._loop = asyncio.get_running_loop()
        self.listeners = Listeners(executor)
        self.protocol = Protocol(
            options,
            envelope,
            clock=self._loop.time,
            random=random.random,
            since=since,
        )
        self._connector = Connector(way, self.protocol, self.carry_out)
        self._timer: asyncio.TimerHandle | None = None
        self._changed = asyncio.Event()
        self._error: Exception | None = None

    def start(self) -> None:
        """Make the first attempt."""
        self._hearing = self._loop.create_task(self.listeners.run())
        self.protocol.start()
        self.carry_out()

    async def opened(self, seconds: float) -> None:
        """Raises ConnectionLost when there is no connection within that time."""
        try:
            async with asyncio.timeout(seconds):
                while self.protocol.state not in FINAL | {State.OPEN}:
                    self._changed.clear()
                    await self._changed.wait()
        except TimeoutError:
            lost = ConnectionLost(f"No connection within {seconds:g} s.")
            raise lost from self._error
        if self.protocol.state is not State.OPEN:
            raise self._error or ConnectionLost("The client was closed.")

    async def close(self) -> None:
        """End for good, and wait until all sockets are closed."""
        self.protocol.close()
        self.carry_out()
        self.listeners.stop()
        await self._connector.closed()
        if self._hearing is not asyncio.current_task():
            self._hearing.cancel()
            await asyncio.gather(self._hearing, return_exceptions=True)

    def carry_out(self) -> None:
        """Do what the protocol wants after it was told something."""
        effects = self.protocol.effects
        while effects:
            self._do(effects.popleft())
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if (at := self.protocol.deadline()) != NEVER:
            self._timer = self._loop.call_at(at, self._tick)

    def _do(self, effect: Effect) -> None:
        match effect:
            case Open(socket):
                self._connector.open(socket)
            case Send(socket, text):
                self._connector.send(socket, text)
            case Close(socket):
                self._connector.close(socket)
            case _:
                self._tell(effect)

    def _tell(self, effect: Effect) -> None:
        match effect:
            case Deliver(event):
                self.listeners.tell(event.type, event.frame)
                self.listeners.tell(EVERY_EVENT, event.frame)
            case Miss(gap, on_gap):
                self._miss(gap, on_gap)
            case Changed(state, error):
                self._error = error
                self._changed.set()
                self.listeners.tell(ON_STATE, state, error)
            case Report(error):
                if not self.listeners.tell(ON_ERROR, error):
                    logger.error("A WebSocket client got an error: %s", error)

    def _miss(self, gap: Gap, on_gap: Listener | None) -> None:
        if on_gap is not None:
            self.listeners.call(on_gap, gap)
        if not self.listeners.tell(ON_GAP, gap) and on_gap is None:
            logger.warning("A WebSocket client has missed events: %s", gap)

    def _tick(self) -> None:
        self.protocol.tick()
        self.carry_out()
