"""API Gateway's part, as cheap as can be: a bounded number of connections on which
requests are posted, each as soon as the one before is answered or when it is due."""

import asyncio
from collections.abc import Iterator
from time import perf_counter

MOST_IDLE_SECONDS = 2.0
"""A server closes what is idle for longer: uvicorn after 5 seconds, perhaps while the
next request is on its way."""


class Line(asyncio.Protocol):
    """One connection to the server, with one request under way."""

    transport: asyncio.Transport

    def __init__(self) -> None:
        self._waiting: asyncio.Future[int] | None = None
        self._received = b""
        self.is_lost = False
        self.used_at = perf_counter()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport

    def connection_lost(self, exc: Exception | None) -> None:
        self.is_lost = True
        if self._waiting and not self._waiting.done():
            self._waiting.set_exception(ConnectionError("the server has hung up"))

    async def post(self, request: bytes) -> int:
        """The status of the answer."""
        self._waiting = asyncio.get_running_loop().create_future()
        self._received = b""
        self.used_at = perf_counter()
        self.transport.write(request)
        return await self._waiting

    def data_received(self, data: bytes) -> None:
        self._received += data
        head, end, body = self._received.partition(b"\r\n\r\n")
        if end and len(body) >= _length(head) and self._waiting:
            self._waiting.set_result(int(head[9:12]))


async def handshakes(port: int, requests: Iterator[bytes], lines: int) -> list[float]:
    """Post them all on so many connections; the seconds that each has taken. Every one
    of them has to be let in."""
    took: list[float] = []

    async def on_one_line() -> None:
        line = await opened(port)
        try:
            for request in requests:
                if line.is_lost:
                    line = await opened(port)
                begun = perf_counter()
                status = await line.post(request)
                took.append(perf_counter() - begun)
                assert status == 200, (status, request)
        finally:
            line.transport.abort()

    async with asyncio.TaskGroup() as group:
        for _ in range(lines):
            group.create_task(on_one_line())
    return took


async def messages(
    port: int, request: bytes, each_second: int, until: asyncio.Event
) -> list[float]:
    """A message at each of its moments, whether or not the ones before are answered;
    the seconds from then to its answer."""
    took: list[float] = []
    lines: list[Line] = []
    free: list[Line] = []

    async def free_line() -> Line:
        while free:
            line = free.pop()
            if not line.is_lost and perf_counter() - line.used_at < MOST_IDLE_SECONDS:
                return line
        lines.append(await opened(port))
        return lines[-1]

    async def one() -> None:
        begun = perf_counter()
        line = await free_line()
        status = await line.post(request)
        took.append(perf_counter() - begun)
        assert status == 200, status
        free.append(line)

    try:
        async with asyncio.TaskGroup() as group:
            begun, count = perf_counter(), 0
            while not until.is_set():
                group.create_task(one())
                count += 1
                pause = begun + count / each_second - perf_counter()
                await asyncio.sleep(max(0.0, pause))
    finally:
        for line in lines:
            line.transport.abort()
    return took


async def opened(port: int) -> Line:
    loop = asyncio.get_running_loop()
    _, line = await loop.create_connection(Line, "127.0.0.1", port)
    return line


def _length(head: bytes) -> int:
    _, found, rest = head.lower().partition(b"content-length:")
    assert found, head
    return int(rest.split(b"\r\n", 1)[0])
