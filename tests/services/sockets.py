"""A `@connections` endpoint that counts the posts to each connection, and can stop
answering: whoever is to be killed while it sends waits there for it."""

import asyncio
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

ANSWER = (
    b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 0\r\n\r\n"
)


class Sockets:
    """From post number `hold_at` on nobody is answered, until `go_on`."""

    def __init__(self, hold_at: int) -> None:
        self.got: Counter[bytes] = Counter()
        self.held = threading.Event()
        self.lines: set[Line] = set()
        self.url = ""
        self._hold_at = hold_at
        self._loop = asyncio.new_event_loop()

    def post(self, path: bytes) -> bool:
        """Whether it is to be answered."""
        self.got[path] += 1
        if self._hold_at and self.got.total() >= self._hold_at:
            self.held.set()
            return False
        return True

    def go_on(self) -> None:
        """From now on; what was not answered stays so."""
        self._hold_at = 0

    @contextmanager
    def listening(self) -> Iterator["Sockets"]:
        thread = threading.Thread(target=self._loop.run_forever)
        thread.start()
        listening = self._loop.create_server(lambda: Line(self), "127.0.0.1", 0)
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

    async def _close(self, server: asyncio.Server) -> None:
        server.close()
        lines = list(self.lines)
        for line in lines:
            line.transport.abort()
        await asyncio.gather(*(line.lost.wait() for line in lines))


class Line(asyncio.Protocol):
    """One client's connection; requests come whole or in pieces."""

    def __init__(self, sockets: Sockets) -> None:
        self.sockets, self.waiting = sockets, b""
        self.lost = asyncio.Event()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport
        self.sockets.lines.add(self)

    def connection_lost(self, _: Exception | None) -> None:
        self.sockets.lines.discard(self)
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
