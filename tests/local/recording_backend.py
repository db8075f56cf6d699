"""A real HTTP server that records whole requests, in place of Django."""

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from time import monotonic, sleep
from typing import Any


def wait_until(condition: Callable[[], bool], seconds: float = 30) -> None:
    end = monotonic() + seconds
    while not condition():
        assert monotonic() < end, f"not within {seconds} s"
        sleep(0.01)


@dataclass(frozen=True, kw_only=True)
class Request:
    method: str
    target: str
    headers: tuple[tuple[str, str], ...]
    body: bytes

    def header(self, name: str) -> str | None:
        """The value of the only header with that name, in upper or lower case."""
        found = [value for key, value in self.headers if key.lower() == name.lower()]
        assert len(found) < 2, f"{name} came {len(found)} times"
        return found[0] if found else None

    @property
    def event(self) -> str | None:
        return self.header("X-Wsrouter-Event-Type")


@dataclass(kw_only=True)
class Response:
    status: int = 200
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)


class RecordingBackend:
    """Answers with `respond(request)`; `requests` holds every request."""

    def __init__(self) -> None:
        self.requests: list[Request] = []
        self.respond: Callable[[Request], Response] = lambda request: Response()

    def of(self, event: str) -> list[Request]:
        return [request for request in self.requests if request.event == event]

    def wait_for(
        self, event: str, count: int = 1, seconds: float = 30
    ) -> list[Request]:
        """Wait for `count` requests of that event type; all of them so far."""
        wait_until(lambda: len(self.of(event)) >= count, seconds)
        return self.of(event)

    def wait_for_requests(self, count: int) -> list[Request]:
        """Wait for `count` requests of any kind; all of them so far."""
        wait_until(lambda: len(self.requests) >= count)
        return self.requests

    @contextmanager
    def running(self, port: int = 0) -> Iterator[None]:
        server = _Server(("127.0.0.1", port), _Handler)
        server.backend = self
        self.port = server.server_address[1]
        self.url = f"http://127.0.0.1:{self.port}/ws/"
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield
        finally:
            server.shutdown()
            server.cut_connections()
            server.server_close()
            thread.join()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128
    backend: RecordingBackend

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self.sockets: list[socket.socket] = []

    def get_request(self) -> tuple[socket.socket, Any]:
        accepted = super().get_request()
        self.sockets.append(accepted[0])
        return accepted

    def cut_connections(self) -> None:
        """Cut all connections, idle ones too, as the end of a process does."""
        for accepted in self.sockets:
            with suppress(OSError):
                accepted.shutdown(socket.SHUT_RDWR)

    def handle_error(self, *arguments: Any) -> None:
        """Print nothing: tests cut connections on purpose."""


class _Handler(BaseHTTPRequestHandler):
    server: _Server
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        request = Request(
            method=self.command,
            target=self.path,
            headers=tuple(self.headers.items()),
            body=body,
        )
        self.server.backend.requests.append(request)
        self._send(self.server.backend.respond(request))

    def _send(self, answer: Response) -> None:
        self.send_response(answer.status)
        for name, value in answer.headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(answer.body)))
        self.end_headers()
        self.wfile.write(answer.body)

    def log_message(self, format: str, *args: object) -> None:
        """Print nothing."""
