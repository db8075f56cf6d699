"""The functions that hear of events, states and errors, called one after the other."""

import asyncio
import inspect
import logging
from collections import defaultdict
from collections.abc import Callable
from concurrent.futures import Executor
from functools import partial
from typing import Any

logger = logging.getLogger("wsrouter.client")
Listener = Callable[..., Any]
"""A function, or a coroutine function."""
EVERY_EVENT = "*"
ON_STATE, ON_ERROR, ON_GAP = "wsrouter.state", "wsrouter.error", "wsrouter.gap"
"""Names of listeners that no event can have."""


class Listeners:
    """Calls functions in the order of what happened, apart from what reads the socket:
    a listener may wait for the answer to a call of its own. Functions run in the
    `executor`, where there is one."""

    def __init__(self, executor: Executor | None) -> None:
        self._executor = executor
        self._is_stopped = False
        self._of: dict[str, list[tuple[Listener]]] = defaultdict(list)
        self._queue: asyncio.Queue[Callable[[], Any]] = asyncio.Queue()

    def add(self, name: str, listener: Listener) -> Callable[[], None]:
        """Returns a function that removes it."""
        entry, listed = (listener,), self._of[name]
        listed.append(entry)
        return lambda: listed.remove(entry) if entry in listed else None

    def tell(self, name: str, *values: Any) -> bool:
        """Call the listeners of a name soon; False when there are none."""
        for (listener,) in self._of[name]:
            self.call(listener, *values)
        return bool(self._of[name])

    def call(self, listener: Listener, *values: Any) -> None:
        """Call one function soon."""
        self._queue.put_nowait(partial(listener, *values))

    async def run(self) -> None:
        """Until it is cancelled or stopped. A listener that fails stops no other."""
        while not self._is_stopped:
            called = await self._queue.get()
            try:
                await self._run_one(called)
            except Exception:
                logger.exception("A listener of a WebSocket client failed.")

    def stop(self) -> None:
        """Call no listener after the one that is running."""
        self._is_stopped = True

    async def _run_one(self, called: Callable[[], Any]) -> None:
        if self._executor is None:
            result = called()
        else:
            loop = asyncio.get_running_loop()
            result = await loop.run_in_executor(self._executor, called)
        if inspect.isawaitable(result):
            await result
