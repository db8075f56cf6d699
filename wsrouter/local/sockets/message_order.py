"""In which order the messages of one connection reach the backend."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from wsrouter.local.rules import random_faults
from wsrouter.local.rules.behaviour import Behaviour

_DELAY_SECONDS = 0.05


class Turns:
    """Those of one connection."""

    def __init__(self) -> None:
        self._lock = asyncio.Lock()

    @asynccontextmanager
    async def next(self, behaviour: Behaviour) -> AsyncIterator[None]:
        """Entered when a message may go, left when it is done."""
        if behaviour.message_order == "serial":
            async with self._lock:
                yield
            return
        if behaviour.message_order == "shuffled":
            await asyncio.sleep(random_faults.seconds(_DELAY_SECONDS))
        yield
