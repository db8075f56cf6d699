"""No message waits for a delayed acknowledgement."""

from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from time import monotonic

import pytest

from tests.local.conftest import Start
from tests.local.running_gateway import snapshot
from wsrouter.local.sockets import quick_ack_socket


class InPieces(BaseHTTPRequestHandler):
    """Answers in several small packets, as Django's development server does."""

    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        for piece in (b"HTTP/1.1 200 OK\r\n", b"Content-Length: 2\r\n\r\n", b"ok"):
            self.wfile.write(piece)

    def log_message(self, format: str, *args: object) -> None:
        """Print nothing."""


@pytest.mark.skipif(
    quick_ack_socket._QUICK_ACK is None, reason="only Linux has the option"
)
def test_an_answer_in_pieces_takes_no_longer(start: Start) -> None:
    server = ThreadingHTTPServer(("127.0.0.1", 0), InPieces)
    server.daemon_threads = True
    Thread(target=server.serve_forever, args=(0.01,)).start()
    try:
        url = f"http://127.0.0.1:{server.server_address[1]}/"
        with start(snapshot("$default"), uri=url).connect() as client:
            took = []
            for _ in range(25):
                started = monotonic()
                client.send("{}")
                assert client.recv(timeout=30) == "ok"
                took.append(monotonic() - started)
            # Without the option every answer but the first would take 40 ms longer. A
            # busy machine delays some of them, but not all.
            assert min(took[1:]) < 0.03
    finally:
        server.shutdown()
        server.server_close()
