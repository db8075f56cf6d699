"""Clients that cost as little as can be: frames are put together and taken apart by
hand, since what is measured shares the machine with them."""

import asyncio
import struct
import zlib
from collections.abc import Iterator
from time import perf_counter

_HANDSHAKE = (
    "GET /bench HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nUser-Agent: bench\r\n"
    "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n{offer}\r\n"
)
_OFFER = "Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits\r\n"
_TEXT, _COMPRESSED = 0x81, 0xC1


def framed(text: bytes) -> bytes:
    """A text frame of a client; the mask is zero."""
    assert len(text) < 126
    return struct.pack("!BB4x", _TEXT, 0x80 | len(text)) + text


class Socket(asyncio.Protocol):
    """Open once `opened` is done; keeps what it is told."""

    transport: asyncio.Transport

    def __init__(self, port: int, *, deflate: bool) -> None:
        offer = _OFFER if deflate else ""
        self._handshake = _HANDSHAKE.format(port=port, offer=offer).encode()
        self.opened = asyncio.get_running_loop().create_future()
        self.texts: list[bytes] = []
        self.lost = False
        self._buffer = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport
        transport.write(self._handshake)

    def connection_lost(self, exc: Exception | None) -> None:
        self.lost = True
        if not self.opened.done():
            self.opened.set_exception(ConnectionError("the handshake has failed"))

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        if not self.opened.done():
            head, end, rest = self._buffer.partition(b"\r\n\r\n")
            if not end:
                return
            assert head.startswith(b"HTTP/1.1 101"), head
            self._buffer = rest
            self.opened.set_result(None)
        for text in self._frames():
            self.told(text)

    def told(self, text: bytes) -> None:
        self.texts.append(text)

    def _frames(self) -> Iterator[bytes]:
        while (length := _length(self._buffer)) is not None:
            start = _start(self._buffer)
            if len(self._buffer) < start + length:
                return
            first, payload = self._buffer[0], self._buffer[start : start + length]
            self._buffer = self._buffer[start + length :]
            if first == _COMPRESSED:
                payload = zlib.decompressobj(-15).decompress(payload)
            if first in {_TEXT, _COMPRESSED}:
                yield payload


class Asker(Socket):
    """Asks, waits for the answer, and asks again."""

    def __init__(self, port: int, frame: bytes, took: list[float]) -> None:
        super().__init__(port, deflate=False)
        self._frame, self._took = frame, took

    def ask(self) -> None:
        self._asked = perf_counter()
        self.transport.write(self._frame)

    def told(self, text: bytes) -> None:
        assert text.startswith(b'{"type":"reply"'), text
        self._took.append(perf_counter() - self._asked)
        self.ask()


def _start(buffer: bytes) -> int:
    return {126: 4, 127: 10}.get(buffer[1], 2)


def _length(buffer: bytes) -> int | None:
    """Of the payload of the first frame, None when that is not known yet."""
    if len(buffer) < 2 or len(buffer) < _start(buffer):
        return None
    short = buffer[1]
    if short < 126:
        return short
    return int.from_bytes(buffer[2 : _start(buffer)])


async def opened(socket: Socket, port: int) -> None:
    loop = asyncio.get_running_loop()
    await loop.create_connection(lambda: socket, "127.0.0.1", port)
    await socket.opened
