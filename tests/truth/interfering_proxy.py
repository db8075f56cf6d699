"""A proxy before the endpoint that does what load balancers do: adds headers, changes
the User-Agent, and answers 502 when the endpoint does not answer."""

import threading
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPException
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit


@contextmanager
def before(url: str) -> Iterator[str]:
    """The URL of a proxy to that URL."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            status, answer = _forward(url, self.path, dict(self.headers), body)
            self.send_response(status)
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, *_: object) -> None:
            """Print nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}{urlsplit(url).path}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def _forward(
    url: str, target: str, headers: dict[str, str], body: bytes
) -> tuple[int, bytes]:
    host = urlsplit(url).netloc
    changed = {"X-Amzn-Trace-Id": "Root=1-proxy", "User-Agent": "proxy", "Host": host}
    request = urllib.request.Request(
        f"http://{host}{target}", data=body, headers={**headers, **changed}
    )
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(request, timeout=30) as answer:
            return answer.status, answer.read()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read()
    except (OSError, HTTPException):
        return 502, b"the proxy's own page"
