"""A WebSocket client for experiments: it sends handshakes and frames exactly as it is
told, forgives every answer, and keeps the bytes as evidence."""

import base64
import os
import socket
import ssl
import time
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Literal
from urllib.parse import urlsplit

from wsrouter.errors import MissingExtra, WSRouterError
from wsrouter.truth.evidence import Evidence

try:
    from websockets.exceptions import WebSocketException
    from websockets.frames import Close, Frame, Opcode
    from websockets.streams import StreamReader
except ImportError as error:
    raise MissingExtra(
        'ws_truth needs websockets: pip install "django-wsrouter[client]"'
    ) from error

Headers = Sequence[tuple[str, str]]
_CHUNK = 65536
_RSV1 = 0x40
"""The bit of a frame that says that it is compressed."""
_MAX_HEAD_BYTES = 256 * 1024


class NoAnswer(WSRouterError):
    """The gateway did not answer a handshake or a request."""


@dataclass(frozen=True, kw_only=True, slots=True)
class HttpAnswer:
    """The answer to a handshake or a request: 101, or a status with its body."""

    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes = b""

    def header(self, name: str) -> str | None:
        found = [value for key, value in self.headers if key.lower() == name.lower()]
        return ", ".join(found) if found else None


@dataclass(frozen=True, kw_only=True, slots=True)
class Received:
    """What came over a socket. `end`: the connection ended without a close frame."""

    kind: Literal["text", "pong", "close", "end"]
    text: str = ""
    code: int = 0


class RawSocket:
    """One TCP connection. `request` comes first; after a 101, frames follow."""

    def __init__(self, url: str, evidence: Evidence, *, seconds: float) -> None:
        parts = urlsplit(url)
        secure = parts.scheme in ("wss", "https")
        self._host = parts.hostname or ""
        self._netloc, self._path = parts.netloc, parts.path or "/"
        self._evidence, self._seconds = evidence, seconds
        self._reader = StreamReader()
        self._fragments = b""
        self._needed_headers = (
            ("Upgrade", "websocket"),
            ("Connection", "Upgrade"),
            ("Sec-WebSocket-Key", base64.b64encode(os.urandom(16)).decode()),
            ("Sec-WebSocket-Version", "13"),
        )
        try:
            self._socket = self._connect(parts.port or (443 if secure else 80), secure)
        except OSError as error:
            raise NoAnswer(f"{self._host} cannot be reached: {error}") from error

    def handshake(self, headers: Headers = ()) -> HttpAnswer:
        """Ask for an upgrade; more `headers` follow those that the protocol needs."""
        return self.request((*self._needed_headers, *headers))

    @property
    def handshake_bytes(self) -> int:
        """The size of the headers of a handshake without more of them, each with a
        colon, a space and a line end."""
        headers = (("Host", self._netloc), *self._needed_headers)
        return sum(len(name) + len(value) + 4 for name, value in headers)

    def request(self, headers: Headers = (), *, below: str = "") -> HttpAnswer:
        """Send a GET for the URL's path with `below` after it; raises NoAnswer."""
        lines = [f"GET {self._path}{below} HTTP/1.1", f"Host: {self._netloc}"]
        lines += [f"{name}: {value}" for name, value in headers]
        self._send("\r\n".join([*lines, "", ""]).encode("latin-1"))
        return self._answer()

    def send_text(self, text: str) -> None:
        self._evidence.count_message()
        self.send_frame(Frame(Opcode.TEXT, text.encode()))

    def send_frame(self, frame: Frame) -> None:
        self._send(frame.serialize(mask=True))

    def send_compressed(self, data: bytes) -> None:
        """Send one text frame of data that permessage-deflate has compressed."""
        self._evidence.count_message()
        first, *rest = Frame(Opcode.TEXT, data).serialize(mask=True)
        self._send(bytes([first | _RSV1, *rest]))

    def ping(self, data: bytes) -> None:
        self.send_frame(Frame(Opcode.PING, data))

    def close(self, code: int = 1000, reason: str = "") -> None:
        """Send a close frame, and wait briefly for that of the gateway."""
        self.send_frame(Frame(Opcode.CLOSE, Close(code, reason).serialize()))
        while (found := self.receive(self._seconds)) and found.kind in ("text", "pong"):
            pass
        self.drop()

    def drop(self) -> None:
        """Close the TCP connection."""
        self._socket.close()

    def receive(self, seconds: float) -> Received | None:
        """The next message, pong or end; None when nothing comes in time."""
        ends = time.monotonic() + seconds
        while True:
            try:
                frame = self._next_frame(ends)
            except TimeoutError:
                return None
            except (OSError, EOFError, WebSocketException) as error:
                self._evidence.note("the connection ended", error=repr(error))
                return Received(kind="end")
            if (found := self._understood(frame)) is not None:
                return found

    def _understood(self, frame: Frame) -> Received | None:
        data = bytes(frame.data)
        if frame.opcode is Opcode.PING:
            self.send_frame(Frame(Opcode.PONG, data))
            return None
        if frame.opcode is Opcode.PONG:
            return Received(kind="pong", text=data.decode("latin-1"))
        if frame.opcode is Opcode.CLOSE:
            code = int.from_bytes(data[:2], "big") if data else 1005
            return Received(
                kind="close", code=code, text=data[2:].decode("utf-8", "replace")
            )
        self._fragments += data
        if not frame.fin:
            return None
        text, self._fragments = self._fragments.decode("utf-8", "replace"), b""
        return Received(kind="text", text=text)

    def _next_frame(self, ends: float) -> Frame:
        """Raises TimeoutError, which leaves a half-read frame for the next call."""
        while True:
            before = bytes(self._reader.buffer)
            parser = Frame.parse(self._reader.read_exact, mask=False)
            try:
                next(parser)
            except StopIteration as stop:
                found: Frame = stop.value
                return found
            # The parser has taken the head; put back what there was.
            self._reader = StreamReader()
            self._reader.feed_data(before)
            self._feed(ends)

    def _feed(self, ends: float) -> None:
        remaining = ends - time.monotonic()
        self._socket.settimeout(max(remaining, 0.001))
        data = self._socket.recv(_CHUNK)
        if not data:
            raise EOFError("the other side closed the connection")
        self._evidence.note("received", data)
        self._reader.feed_data(data)

    def _answer(self) -> HttpAnswer:
        ends = time.monotonic() + self._seconds
        try:
            while b"\r\n\r\n" not in self._reader.buffer:
                if len(self._reader.buffer) > _MAX_HEAD_BYTES:
                    raise ValueError("a head without an end")
                self._feed(ends)
            return self._parsed(ends)
        except (OSError, EOFError, ValueError) as error:
            self.drop()
            raise NoAnswer(f"{self._host} gave no HTTP answer: {error!r}") from error

    def _parsed(self, ends: float) -> HttpAnswer:
        head, _, rest = bytes(self._reader.buffer).partition(b"\r\n\r\n")
        first, *lines = head.decode("latin-1").split("\r\n")
        pairs = (line.partition(":") for line in lines)
        headers = tuple((name.strip(), value.strip()) for name, _, value in pairs)
        answer = HttpAnswer(status=int(first.split()[1]), headers=headers)
        self._reader = StreamReader()
        self._reader.feed_data(rest)
        if answer.status == 101:
            return answer
        body = self._body(answer, ends)
        return HttpAnswer(status=answer.status, headers=headers, body=body)

    def _body(self, answer: HttpAnswer, ends: float) -> bytes:
        """What the length announces, else what comes until the end."""
        length = answer.header("content-length")
        wanted = int(length) if length is not None else None
        try:
            while wanted is None or len(self._reader.buffer) < wanted:
                self._feed(ends)
        except (OSError, EOFError):
            pass
        return bytes(self._reader.buffer)

    def _send(self, data: bytes) -> None:
        self._evidence.note("sent", data)
        self._socket.settimeout(self._seconds)
        try:
            self._socket.sendall(data)
        except OSError as error:
            self._evidence.note("could not send", error=repr(error))

    def _connect(self, port: int, secure: bool) -> socket.socket:
        plain = socket.create_connection((self._host, port), timeout=self._seconds)
        plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if not secure:
            return plain
        with ExitStack() as stack:
            stack.callback(plain.close)
            context = ssl.create_default_context()
            secured = context.wrap_socket(plain, server_hostname=self._host)
            stack.pop_all()
        return secured
