"""A `@connections` endpoint that counts the posts to each connection, and can stop
answering, so that a worker that is to be killed waits there while it sends."""

import asyncio
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

ANSWER = (
    b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 0\r\n\r\n"
)


class Sockets:
    """Does not answer from post number `hold_at` on, until `go_on`."""

    def __init__(self, hold_at: int) -> None:
        self.got: Counter[bytes] = Counter()
        self.held = threading.Event()
        self.connections: set[ClientConnection] = set()
        self.url = ""
        self._hold_at = hold_at
        self._loop = asyncio.new_event_loop()

    def post(self, path: bytes) -> bool:
        """Count a post; whether to answer it."""
        self.got[path] += 1
        if self._hold_at and self.got.total() >= self._hold_at:
            self.held.set()
            return False
        return True

    def go_on(self) -> None:
        """Answer later posts; those that wait are never answered."""
        self._hold_at = 0

    @contextmanager
    def listening(self) -> Iterator["Sockets"]:
        thread = threading.Thread(target=self._loop.run_forever)
        thread.start()
        listening = self._loop.create_server(self._connection, "127.0.0.1", 0)
        server = asyncio.run_coroutine_threadsafe(listening, self._loop).result(30)
        self.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/p"
        try:
            yield self
        finally:
            closing = asyncio.run_coroutine_threadsafe(self._close(server), self._loop)
            closing.result(30)
            self._loop.call_soon_threadsafe(self._loop.stop)
            thread.join()
            self._loop.close()

    def _connection(self) -> "ClientConnection":
        return ClientConnection(self)

    async def _close(self, server: asyncio.Server) -> None:
        server.close()
        connections = list(self.connections)
        for connection in connections:
            connection.transport.abort()
        await asyncio.gather(*(connection.lost.wait() for connection in connections))


class ClientConnection(asyncio.Protocol):
    """One client's connection; requests come whole or in pieces."""

    def __init__(self, sockets: Sockets) -> None:
        self.sockets, self.waiting = sockets, b""
        self.lost = asyncio.Event()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport
        self.sockets.connections.add(self)

    def connection_lost(self, _: Exception | None) -> None:
        self.sockets.connections.discard(self)
        self.lost.set()

    def data_received(self, data: bytes) -> None:
        self.waiting += data
        while (end := self.waiting.find(b"\r\n\r\n")) >= 0:
            head = self.waiting[:end]
            size = end + 4 + _length(head)
            if len(self.waiting) < size:
                return
            self.waiting = self.waiting[size:]
            if self.sockets.post(head.split(b" ", 2)[1]):
                self.transport.write(ANSWER)


def _length(head: bytes) -> int:
    _, _, rest = head.lower().partition(b"content-length:")
    return int(rest.split(b"\r\n", 1)[0] or 0)
