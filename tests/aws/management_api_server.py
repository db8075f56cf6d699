"""A small server that answers `@connections` as AWS does."""

from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

KNOWN = (
    b'{"identity": {"sourceIp": "203.0.113.9", "userAgent": "x"},'
    b' "connectedAt": "2020-11-15T12:23:14.726Z",'
    b' "lastActiveAt": "2020-11-15T12:23:14.726Z"}'
)


def error(status: int, name: str, body: bytes = b"") -> tuple[int, bytes, str]:
    return status, body, name


ANSWERS = {
    "gone": error(410, "GoneException"),
    "forbidden": error(403, "ForbiddenException", b'{"message": "Forbidden"}'),
    "denied": error(403, "AccessDeniedException", b'{"Message": "not authorized"}'),
    "large": error(413, "PayloadTooLargeException", b'{"message": "Too long"}'),
    "slow": error(429, "LimitExceededException", b'{"message": null}'),
    "broken": error(500, ""),
    "malformed": error(
        400, "BadRequestException", b'{"message": "Invalid connectionId: x"}'
    ),
    "stage": error(404, "NotFoundException", b'{"message": "No method found"}'),
}


class Server(ThreadingHTTPServer):
    """`answer` names what is answered, after `first`; `seen` are the requests."""

    daemon_threads = True
    answer = ""
    hangs_up = False

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.seen: list[tuple[str, str, bytes, dict[str, str]]] = []
        self.peers: list[Any] = []
        self.first: list[str] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/production"


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Server

    def answer(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        headers = {name.lower(): value for name, value in self.headers.items()}
        self.server.peers.append(self.client_address)
        self.close_connection = self.server.hangs_up
        self.server.seen.append((self.command, self.path, body, headers))
        usual = {"GET": (200, KNOWN), "POST": (200, b""), "DELETE": (204, b"")}
        answer = self.server.first.pop(0) if self.server.first else self.server.answer
        status, content, name = ANSWERS.get(answer, (*usual[self.command], ""))
        self.send_response(status)
        self.send_header("x-amzn-requestid", "1")
        if name:
            self.send_header("x-amzn-errortype", name)
        if status != 204:
            self.send_header("content-type", "application/json")
            self.send_header("content-length", str(len(content)))
        self.end_headers()
        if status != 204:
            self.wfile.write(content)

    do_GET = do_POST = do_DELETE = answer

    def log_message(self, *_: Any) -> None: ...
