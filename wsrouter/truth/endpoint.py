"""The endpoint of `ws_truth`: records what API Gateway sends, and answers as told.

This file needs Python and nothing else, so that it can be copied to any machine with a
public address and run there:

    WSROUTER_TRUTH_SECRET=... python truth_endpoint.py 8080

It is an HTTP server of its own, and neither a WSGI nor an ASGI application, because
those see neither the order and the spelling of headers nor can they end a request
without an answer. Requests without the secret get 403 and are not recorded. The program
ends by itself after `HOURS`.
"""

import base64
import hmac
import json
import os
import socket
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, ClassVar

HOURS = 4
ENVIRONMENT_VARIABLE = "WSROUTER_TRUTH_SECRET"
PROOF_HEADER = "X-Wsrouter-Secret"
EVENT_HEADER = "X-Wsrouter-Event-Type"
RECORDINGS = "/wsrouter-truth/recordings"
SCRIPT = "/wsrouter-truth/script"
MAX_BODY_BYTES = 1024 * 1024
MAX_RECORDINGS = 5000
MAX_DELAY_SECONDS = 40.0


class EndpointServer(ThreadingHTTPServer):
    """Holds the recordings and the script: the answers that the next requests get."""

    daemon_threads = True
    request_queue_size = 128

    def __init__(self, address: "tuple[str, int]", secret: str) -> None:
        super().__init__(address, _Handler)
        self.secret = secret
        self.lock = threading.Lock()
        self.recordings: list[dict[str, Any]] = []
        self.script: list[dict[str, Any]] = []

    def handle_error(self, *_: Any) -> None:
        """Print nothing: connections are cut on purpose."""

    def record(self, recording: "dict[str, Any]") -> None:
        with self.lock:
            if len(self.recordings) < MAX_RECORDINGS:
                self.recordings.append(recording)

    def answer_to(self, event: str, body: bytes) -> "dict[str, Any]":
        """The first answer of the script that is for this event and for a text that
        the body has; without any, an empty 200."""
        text = body.decode("utf-8", "replace")
        for answer in self.script:
            if answer.get("event") == event and answer.get("containing", "") in text:
                return answer
        return {}


class _Handler(BaseHTTPRequestHandler):
    server: EndpointServer
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm: ClassVar[bool] = True

    def do_POST(self) -> None:
        received_at = time.time()
        given = self.headers.get(PROOF_HEADER, "").encode()
        length = int(self.headers.get("Content-Length") or 0)
        if length > MAX_BODY_BYTES or not hmac.compare_digest(
            given, self.server.secret.encode()
        ):
            self.close_connection = True
            self._send(403, b"", [])
            return
        body = self.rfile.read(length)
        path = self.path.partition("?")[0]
        if path.endswith(RECORDINGS):
            self._send_recordings()
        elif path.endswith(SCRIPT):
            self.server.script = json.loads(body)
            self._send(200, b"{}", [])
        else:
            self._event(received_at, body)

    def _event(self, received_at: float, body: bytes) -> None:
        event = self.headers.get(EVENT_HEADER, "")
        answer = self.server.answer_to(event, body)
        recording: dict[str, Any] = {
            "method": self.command,
            "target": self.path,
            "headers": [[name, value] for name, value in self.headers.items()],
            "body": base64.b64encode(body).decode(),
            "received_at": received_at,
            "answer": answer,
            "answered_at": None,
        }
        self.server.record(recording)
        time.sleep(min(float(answer.get("delay", 0)), MAX_DELAY_SECONDS))
        try:
            self._answer(answer)
        finally:
            recording["answered_at"] = time.time()

    def _answer(self, answer: "dict[str, Any]") -> None:
        if answer.get("abort"):
            self.close_connection = True
            self.connection.shutdown(socket.SHUT_RDWR)
            return
        body = str(answer.get("body", "")).encode()
        self._send(int(answer.get("status", 200)), body, answer.get("headers", []))

    def _send_recordings(self) -> None:
        _, _, since = self.path.partition("since=")
        with self.server.lock:
            found = json.dumps(self.server.recordings[int(since or 0) :]).encode()
        self._send(200, found, [["Content-Type", "application/json"]])

    def _send(self, status: int, body: bytes, headers: "list[list[str]]") -> None:
        self.send_response(status)
        for name, value in headers:
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Print nothing: a log would hold headers of clients."""


def main() -> None:
    secret = os.environ.get(ENVIRONMENT_VARIABLE, "")
    if not secret:
        sys.exit(f"Set {ENVIRONMENT_VARIABLE} to the secret that ws_truth has, too.")
    port = int(sys.argv[1] if len(sys.argv) > 1 else os.environ.get("PORT", "8080"))
    server = EndpointServer(("", port), secret)
    threading.Timer(HOURS * 3600, server.shutdown).start()
    sys.stderr.write(f"Recording on port {port} for {HOURS} hours; Ctrl-C ends it.\n")
    try:
        server.serve_forever()
    except KeyboardInterrupt:
        os._exit(0)


if __name__ == "__main__":
    main()
