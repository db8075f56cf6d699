"""Posts through the proxy of the environment, to a server behind TLS."""

import select
import socket
import ssl
import subprocess
import threading
from base64 import b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from socketserver import BaseRequestHandler, BaseServer, ThreadingTCPServer
from typing import Any

import pytest

from wsrouter.aws import clients
from wsrouter.aws.posts import keepalive
from wsrouter.aws.posts.transports import transport
from wsrouter.delivery.deliver import deliver
from wsrouter.delivery.ports import Recipient, StageAddress
from wsrouter.delivery.retry import RetryPolicy
from wsrouter.delivery.token_bucket import TokenBucket
from wsrouter.options.gateway import Gateway
from wsrouter.routing.delivery import Report

HOST = "ws.example.com"
NAMES = [f"{number}A=" for number in range(30)]


class Api(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(200)
        self.send_header("content-length", "0")
        self.end_headers()

    def log_message(self, *_: Any) -> None: ...


class Proxy(ThreadingTCPServer):
    """Leads every host to the one server."""

    daemon_threads = True

    def __init__(self, server: tuple[str, int]) -> None:
        super().__init__(("127.0.0.1", 0), Tunnel)
        self.behind = server
        self.requests: list[str] = []


class Tunnel(BaseRequestHandler):
    server: Proxy
    request: socket.socket

    def handle(self) -> None:
        head = b""
        while not head.endswith(b"\r\n\r\n"):
            head += self.request.recv(1)
        self.server.requests.append(head.decode())
        with socket.create_connection(self.server.behind) as far:
            self.request.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
            ends = {self.request: far, far: self.request}
            while True:
                for near in select.select(list(ends), [], [])[0]:
                    if not (data := near.recv(65536)):
                        return
                    ends[near].sendall(data)


@contextmanager
def serving(server: BaseServer) -> Iterator[None]:
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.fixture
def proxy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Proxy]:
    api = ThreadingHTTPServer(("127.0.0.1", 0), Api)
    api.daemon_threads = True
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate(tmp_path), tmp_path / "key.pem")
    api.socket = context.wrap_socket(api.socket, server_side=True)
    proxy = Proxy(("127.0.0.1", api.server_port))
    for name in ("http_proxy", "https_proxy", "all_proxy", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)
    url = f"http://ada:s%40cret@127.0.0.1:{proxy.server_address[1]}"
    monkeypatch.setenv("HTTPS_PROXY", url)
    monkeypatch.setenv("AWS_CA_BUNDLE", str(tmp_path / "cert.pem"))
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKID")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    with serving(api), serving(proxy):
        yield proxy
        keepalive.forget()
        clients.forget()


@pytest.mark.parametrize("kind", ["threads", "curl", "boto3"])
def test_posts_go_through_the_proxy(proxy: Proxy, kind: str) -> None:
    assert posted(kind) == Report(delivered=len(NAMES))
    proof = f"proxy-authorization: Basic {b64encode(b'ada:s@cret').decode()}".lower()
    for request in proxy.requests:
        assert request.startswith(f"CONNECT {HOST}:443 HTTP/1.")
        assert proof in request.lower()
    assert 1 <= len(proxy.requests) < len(NAMES)


def posted(kind: str) -> Report:
    if kind == "curl":
        pytest.importorskip("pycurl")
    url = f"https://{HOST}/p"
    gateway = Gateway(alias="default", management_endpoint=url, region="eu-west-1")
    long_ago = datetime.now(UTC) - timedelta(minutes=5)
    return deliver(
        [[Recipient(name, StageAddress("default"), long_ago) for name in NAMES]],
        b"x",
        event="news",
        transport=transport(kind, lambda: {"default": gateway}, in_flight=5),
        forget=lambda gone: None,
        bucket=TokenBucket(1e6),
        retry_policy=RetryPolicy(seconds=25.0),
    )


def certificate(folder: Path) -> Path:
    subprocess.run(
        [
            *("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes"),
            *("-keyout", folder / "key.pem", "-out", folder / "cert.pem"),
            *("-days", "2", "-subj", f"/CN={HOST}"),
            *("-addext", f"subjectAltName=DNS:{HOST}"),
        ],
        check=True,
        capture_output=True,
    )
    return folder / "cert.pem"
