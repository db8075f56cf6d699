"""The frames that wait to be sent to one client, so that a slow client stalls no
other."""

import asyncio

from wsrouter.local.sockets.asgi import Message, Send


class SendBuffer:
    """Sends in order; holds at most `limit` bytes that the network has not taken."""

    def __init__(self, send: Send, *, limit: int) -> None:
        self._send = send
        self._limit = limit
        self._waiting_bytes = 0
        self._queue: asyncio.Queue[tuple[Message, int]] = asyncio.Queue()

    def try_send(self, text: str) -> bool:
        """Queue a text frame; False when the client does not read fast enough."""
        size = len(text.encode())
        if self._waiting_bytes and self._waiting_bytes + size > self._limit:
            return False
        self._waiting_bytes += size
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
            except (OSError, RuntimeError):  # uvicorn raises either on a closed socket
                return
            self._waiting_bytes -= size
