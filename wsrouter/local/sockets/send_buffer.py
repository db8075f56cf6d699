"""The frames that wait to be sent to one client, so that a slow client stalls no
other."""

import asyncio

from wsrouter.local.sockets.asgi import Message, Send

_Item = tuple[Message, int]
"""A message of ASGI, and the size of its text."""


class SendBuffer:
    """Sends in order; holds at most `limit` bytes that the network has not taken."""

    def __init__(self, send: Send, *, limit: int) -> None:
        self._send = send
        self._limit = limit
        self._waiting_bytes = 0
        self._queue: asyncio.Queue[_Item] = asyncio.Queue()
        self._delayed: list[_Item] = []

    def try_send(self, text: str, delay_seconds: float = 0.0) -> bool:
        """Queue a text frame, now or after a delay; False when the client does not read
        fast enough."""
        size = len(text.encode())
        if self._waiting_bytes and self._waiting_bytes + size > self._limit:
            return False
        self._waiting_bytes += size
        item: _Item = ({"type": "websocket.send", "text": text}, size)
        if delay_seconds:
            self._delayed.append(item)
            loop = asyncio.get_running_loop()
            loop.call_later(delay_seconds, self._queue_delayed, item)
        else:
            self._queue.put_nowait(item)
        return True

    def close(self, code: int, reason: str) -> None:
        """Close the socket after what is queued or delayed."""
        for item in list(self._delayed):
            self._queue_delayed(item)
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

    def _queue_delayed(self, item: _Item) -> None:
        if item in self._delayed:  # a close has not been faster
            self._delayed.remove(item)
            self._queue.put_nowait(item)
