"""What waits to be sent to one client, so that a slow one stalls nobody else."""

import asyncio

from wsrouter.local.sockets.asgi import Message, Send


class Outbox:
    """Sends in order; takes no more than `limit` bytes beyond what the network took."""

    def __init__(self, send: Send, *, limit: int) -> None:
        self._send = send
        self._limit = limit
        self._waiting = 0
        self._queue: asyncio.Queue[tuple[Message, int]] = asyncio.Queue()

    def offer(self, text: str) -> bool:
        """Queue a text frame; False when the client does not read fast enough."""
        size = len(text.encode())
        if self._waiting and self._waiting + size > self._limit:
            return False
        self._waiting += size
        self._queue.put_nowait(({"type": "websocket.send", "text": text}, size))
        return True

    def close(self, code: int, reason: str) -> None:
        """Close the socket after what is queued."""
        message = {"type": "websocket.close", "code": code, "reason": reason}
        self._queue.put_nowait((message, 0))

    async def run(self) -> None:
        """Send until the socket is closed."""
        while True:
            message, size = await self._queue.get()
            try:
                await self._send(message)
            except (OSError, RuntimeError):  # uvicorn's two ways to say "closed"
                return
            self._waiting -= size
