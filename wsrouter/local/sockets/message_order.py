"""In which order the messages of one connection reach the backend."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from wsrouter.local.rules import random_faults
from wsrouter.local.rules.behaviour import Behaviour

_MAX_DELAY_SECONDS = 0.05


class MessageOrder:
    """Orders the messages of one connection as the `message-order` switch says."""

    def __init__(self) -> None:
        self._lock = asyncio.Lock()

    @asynccontextmanager
    async def wait(self, behaviour: Behaviour) -> AsyncIterator[None]:
        """Enters when the message may go to the backend; leave it when it is done."""
        if behaviour.message_order == "serial":
            async with self._lock:
                yield
            return
        if behaviour.message_order == "shuffled":
            await asyncio.sleep(random_faults.delay_seconds(_MAX_DELAY_SECONDS))
        yield
