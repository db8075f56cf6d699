"""Opens, feeds and closes the sockets that a protocol asks for, on an event loop."""

import asyncio
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field

from wsrouter.client.connection_errors import (
    ConnectionLost,
    ConnectionRefused,
    TicketError,
)
from wsrouter.client.frames import parts
from wsrouter.client.protocol import Protocol
from wsrouter.client.sockets import Socket
from wsrouter.client.ticket_source import REFUSED, TicketSource, with_ticket
from wsrouter.errors import MissingExtra

_INSTALL_HINT = 'The client needs websockets: pip install "django-wsrouter[client]"'
try:
    from websockets.asyncio.client import ClientConnection, connect
    from websockets.exceptions import ConnectionClosed, InvalidStatus
except ImportError as error:
    raise MissingExtra(_INSTALL_HINT) from error

_CLOSE_SECONDS = 2.0


@dataclass(eq=False, slots=True)
class _Running:
    """A socket that is opened or open; `outgoing` has texts, and None for its end."""

    task: "asyncio.Task[None]"
    outgoing: "asyncio.Queue[str | None]"
    is_connected: bool = False


@dataclass(frozen=True, kw_only=True)
class Way:
    """How to connect: `headers` go with the handshake, `ticket_headers` with a request
    for a ticket. One attempt takes `seconds` at most."""

    url: str
    ticket: TicketSource | None
    headers: Mapping[str, str]
    ticket_headers: Mapping[str, str]
    seconds: float


@dataclass(eq=False)
class Connector:
    """`carry_out` does what the protocol wants after it was told something."""

    way: Way
    protocol: Protocol
    carry_out: Callable[[], None]
    _running: dict[Socket, _Running] = field(default_factory=dict)

    def open(self, socket: Socket) -> None:
        outgoing: asyncio.Queue[str | None] = asyncio.Queue()
        task = asyncio.get_running_loop().create_task(self._run(socket, outgoing))
        self._running[socket] = _Running(task, outgoing)
        task.add_done_callback(lambda _: self._running.pop(socket, None))

    def send(self, socket: Socket, text: str) -> None:
        if (running := self._running.get(socket)) is not None:
            running.outgoing.put_nowait(text)

    def close(self, socket: Socket) -> None:
        """What was sent before leaves first."""
        running = self._running.get(socket)
        if running is None:
            return
        if running.is_connected:
            running.outgoing.put_nowait(None)
        else:
            running.task.cancel()

    async def closed(self) -> None:
        """Wait until all sockets have ended."""
        tasks = [running.task for running in self._running.values()]
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _run(self, socket: Socket, outgoing: "asyncio.Queue[str | None]") -> None:
        try:
            connection = await self._connected()
        except Exception as error:  # noqa: BLE001  # a failed attempt, whatever failed
            self._failed(socket, error)
            return
        self._running[socket].is_connected = True
        self.protocol.opened(socket)
        self.carry_out()
        writer = asyncio.create_task(_write(connection, outgoing))
        try:
            await self._read(socket, connection)
        finally:
            writer.cancel()
            await asyncio.gather(writer, return_exceptions=True)

    async def _connected(self) -> ClientConnection:
        way = self.way
        url = await with_ticket(way.url, way.ticket, way.ticket_headers, way.seconds)
        return await connect(
            url,
            additional_headers=dict(way.headers),
            compression=None,
            ping_interval=None,
            open_timeout=way.seconds,
            close_timeout=_CLOSE_SECONDS,
            max_size=None,
            proxy=None,
        )

    def _failed(self, socket: Socket, error: Exception) -> None:
        """A ticket is fresh for each attempt, so a handshake with one may be refused
        now and accepted later."""
        wait = error.retry_after if isinstance(error, TicketError) else 0.0
        status = _status(error, has_ticket=self.way.ticket is not None)
        if status in REFUSED:
            is_ticket = isinstance(error, TicketError)
            refused = ConnectionRefused(status, has_ticket=is_ticket)
            refused.__cause__ = error
            self.protocol.ended(socket, refused, is_refused=True)
        else:
            self.protocol.ended(socket, error, wait=wait)
        self.carry_out()

    async def _read(self, socket: Socket, connection: ClientConnection) -> None:
        reason = "The connection was closed."
        try:
            async for text in connection:
                self.protocol.received(socket, text)
                self.carry_out()
        except ConnectionClosed as error:
            reason = f"The connection was lost: {error}."
        self.protocol.ended(socket, ConnectionLost(reason))
        self.carry_out()


def _status(error: Exception, *, has_ticket: bool) -> int:
    if isinstance(error, TicketError):
        return error.status
    if isinstance(error, InvalidStatus) and not has_ticket:
        return error.response.status_code
    return 0


async def _write(
    connection: ClientConnection, outgoing: "asyncio.Queue[str | None]"
) -> None:
    with suppress(ConnectionClosed):  # the reader says so
        while (text := await outgoing.get()) is not None:
            await connection.send(parts(text))
        await connection.close()
