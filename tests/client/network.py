"""A network between a client and a gateway, which a test can cut."""

import asyncio
from contextlib import suppress
from types import TracebackType
from typing import Self


class Network:
    """Passes on bytes between its own port and another one of this machine."""

    def __init__(self, to_port: int) -> None:
        self.port = 0
        self._to_port = to_port
        self._writers: set[asyncio.StreamWriter] = set()
        self._server: asyncio.Server | None = None

    async def __aenter__(self) -> Self:
        await self.restore()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self.cut()

    async def restore(self) -> None:
        start = asyncio.start_server(self._connected, "127.0.0.1", self.port)
        self._server = await start
        self.port = self._server.sockets[0].getsockname()[1]

    async def cut(self) -> None:
        """Nothing gets through, and nobody hears why."""
        if self._server is not None:
            self._server.close()
        for writer in self._writers:
            writer.transport.abort()
        if self._server is not None:
            await self._server.wait_closed()
        self._server = None

    async def _connected(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        there = await asyncio.open_connection("127.0.0.1", self._to_port)
        ways = ((reader, there[1]), (there[0], writer))
        await asyncio.gather(*(self._pass_on(*way) for way in ways))

    async def _pass_on(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        self._writers.add(writer)
        with suppress(OSError):
            while data := await reader.read(65_536):
                writer.write(data)
                await writer.drain()
        writer.close()
        self._writers.discard(writer)
