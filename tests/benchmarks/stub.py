"""A `@connections` endpoint that takes every post, as a process of its own.

    python -m tests.benchmarks.stub --delay 0.02 --certificate FOLDER

prints its port when it listens; with a certificate it speaks HTTPS. It is written for
this one purpose, so that the clients are measured and not the server: one thread,
epoll, TLS on the socket itself, one queue of answers, since all wait equally long.
"""

import argparse
import gc
import select
import socket
import ssl
import subprocess
import time
from collections import deque
from contextlib import suppress
from pathlib import Path

ANSWER = (
    b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 0\r\n"
    b"x-amzn-requestid: 3ab3a4b5-6d2e-4f3c-9a57-4a4f9f6f9d11\r\n"
    b"x-amz-apigw-id: PaW1ZFnVjoEFk5Q=\r\ndate: Sun, 22 Nov 2026 19:00:00 GMT\r\n\r\n"
)
READ = 65536


class Line:
    """One client's connection; requests come whole or in pieces."""

    def __init__(self, sock: socket.socket) -> None:
        self.sock = sock
        self.waiting = b""
        self.is_ready = not isinstance(sock, ssl.SSLSocket)

    def requests(self) -> list[bytes] | None:
        """Those that have arrived; None when the client has hung up."""
        if not self.is_ready and isinstance(self.sock, ssl.SSLSocket):
            self.sock.do_handshake()
            self.is_ready = True
        data = self.sock.recv(READ)
        if not data:
            return None
        self.waiting = self.waiting + data if self.waiting else data
        found = []
        while size := _size(self.waiting):
            found.append(self.waiting[:size])
            self.waiting = self.waiting[size:]
        return found


class Stub:
    """Answers each request after `delay` seconds."""

    def __init__(self, delay: float, context: ssl.SSLContext | None) -> None:
        self.delay, self.context = delay, context
        self.entry_point = socket.create_server(("127.0.0.1", 0), backlog=1024)
        self.entry_point.setblocking(False)
        self.port = self.entry_point.getsockname()[1]
        self.poll = select.epoll()
        self.poll.register(self.entry_point, select.EPOLLIN)
        self.lines: dict[int, Line] = {}
        self.due: deque[tuple[float, Line, bytes]] = deque()

    def serve(self) -> None:
        entry_point = self.entry_point.fileno()
        while True:
            left = self.due[0][0] - time.monotonic() if self.due else -1
            for number, _ in self.poll.poll(max(0.0, left) if self.due else -1):
                if number == entry_point:
                    self.accept()
                else:
                    self.hear(number, self.lines[number])
            self.answer()

    def accept(self) -> None:
        with suppress(BlockingIOError):
            while True:
                sock, _ = self.entry_point.accept()
                sock.setblocking(False)
                sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                if self.context:
                    sock = self.context.wrap_socket(
                        sock, server_side=True, do_handshake_on_connect=False
                    )
                self.lines[sock.fileno()] = Line(sock)
                self.poll.register(sock, select.EPOLLIN)

    def hear(self, number: int, line: Line) -> None:
        try:
            found = line.requests()
        except (ssl.SSLWantReadError, ssl.SSLWantWriteError, BlockingIOError):
            return
        except OSError:
            found = None
        if found is None:
            self.poll.unregister(number)
            del self.lines[number]
            line.sock.close()
        elif found:
            answers = self.answers(found)
            self.due.append((time.monotonic() + self.delay, line, answers))

    def answers(self, requests: list[bytes]) -> bytes:
        return ANSWER * len(requests)

    def answer(self) -> None:
        now, due = time.monotonic(), self.due
        while due and due[0][0] <= now:
            _, line, answers = due.popleft()
            with suppress(OSError):
                line.sock.send(answers)


def _size(received: bytes) -> int:
    """Of the first request, or 0 when it is not there yet."""
    end = received.find(b"\r\n\r\n")
    if end < 0:
        return 0
    head = received[:end].lower()
    at = head.find(b"content-length:")
    length = int(head[at + 15 :].split(b"\r\n", 1)[0]) if at >= 0 else 0
    size = end + 4 + length
    return size if len(received) >= size else 0


def certificate(folder: Path) -> Path:
    """A certificate for this machine, and its key in the same file."""
    path = folder / "stub.pem"
    if not path.exists():
        subprocess.run(
            [
                *("openssl", "req", "-x509", "-newkey", "ec", "-nodes"),
                *("-pkeyopt", "ec_paramgen_curve:prime256v1"),
                *("-keyout", folder / "key.pem", "-out", folder / "cert.pem"),
                *("-days", "30", "-subj", "/CN=localhost"),
                *("-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1"),
            ],
            check=True,
            capture_output=True,
        )
        both = (folder / "cert.pem").read_text() + (folder / "key.pem").read_text()
        path.write_text(both)
    return path


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--delay", type=float, default=0.0)
    parser.add_argument("--certificate", type=Path)
    options = parser.parse_args()
    context = None
    if options.certificate:
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(certificate(options.certificate))
    stub = Stub(options.delay, context)
    gc.disable()
    print(stub.port, flush=True)  # noqa: T201
    stub.serve()


if __name__ == "__main__":
    main()
