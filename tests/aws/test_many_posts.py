"""Many posts at once, with each transport, against a server that misbehaves by plan."""

import threading
import time
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
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

STATUS = {"slow": 429, "broken": 500, "gone": 410, "forbidden": 403}
TROUBLES = ["slow", "broken", "gone", "reset", "hang"]
HANG_SECONDS = 120.0
"""Far more than any send may take."""


class Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 512

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.lock = threading.Lock()
        self.seen: Counter[str] = Counter()
        self.delivered: Counter[str] = Counter()
        self.released = threading.Event()

    def handle_error(self, *_: Any) -> None: ...


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Server

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        name = self.path.rpartition("/")[2]
        kind = name.partition("-")[0]
        with self.server.lock:
            self.server.seen[name] += 1
            is_first = self.server.seen[name] == 1
        if kind == "hang":
            self.server.released.wait(HANG_SECONDS)
            self.close_connection = True
        elif kind == "reset" and is_first:
            self.close_connection = True
        elif kind in ("gone", "forbidden") or (kind in STATUS and is_first):
            self.answer(STATUS[kind])
        else:
            with self.server.lock:
                self.server.delivered[name] += 1
            self.answer(200)

    def answer(self, status: int) -> None:
        self.send_response(status)
        self.send_header("content-length", "0")
        self.end_headers()

    def log_message(self, *_: Any) -> None: ...


@pytest.fixture
def server() -> Iterator[Server]:
    server = Server()
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    yield server
    server.released.set()
    keepalive.forget()
    clients.forget()
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture(params=["threads", "curl", "boto3"])
def post(request: pytest.FixtureRequest, server: Server) -> Any:
    if request.param == "curl":
        pytest.importorskip("pycurl")
    url = f"http://127.0.0.1:{server.server_port}/p"
    gateway = Gateway(alias="default", management_endpoint=url)
    posting = transport(request.param, lambda: {"default": gateway}, in_flight=20)

    def send(names: list[str], seconds: float = 20.0) -> tuple[Report, list[str]]:
        stored_at = datetime.now(UTC) - timedelta(minutes=5)
        recipients = [
            Recipient(name, StageAddress("default"), stored_at) for name in names
        ]
        pages = [recipients[at : at + 50] for at in range(0, len(recipients), 50)]
        gone: list[str] = []
        report = deliver(
            pages,
            b"x",
            event="news",
            transport=posting,
            forget=lambda found: gone.extend(
                address.connection_id for address in found
            ),
            bucket=TokenBucket(100_000),
            retry_policy=RetryPolicy(seconds=seconds, first_delay=0.01),
        )
        return report, gone

    return send


def test_each_recipient_gets_one_post(post: Any, server: Server) -> None:
    names = [f"ok-{number}" for number in range(600)]
    assert post(names) == (Report(delivered=600), [])
    assert server.delivered == Counter(names)
    assert post(names)[0] == Report(delivered=600)


def test_each_recipient_is_counted(post: Any, server: Server) -> None:
    """10 % 429, 5 % 500, 5 % 410, 1 % resets and 1 % hangs, by name."""
    names = [f"ok-{number}" for number in range(234)]
    for kind, count in zip(TROUBLES, (30, 15, 15, 3, 3), strict=True):
        names += [f"{kind}-{number}" for number in range(count)]
    start = time.monotonic()
    report, gone = post(names, seconds=12.0)
    assert time.monotonic() - start < HANG_SECONDS / 4
    assert report.recipients == len(names) == 300
    assert (report.delivered, report.gone, report.failed) == (282, 15, 3)
    assert sorted(gone) == sorted(name for name in names if name.startswith("gone"))
    assert set(server.delivered.values()) == {1}
    assert len(server.delivered) == 282
    again = {name for name, times in server.seen.items() if times > 1}
    assert {name.partition("-")[0] for name in again} >= {"slow", "broken", "reset"}
    assert again & set(server.delivered) == again - {f"hang-{n}" for n in range(3)}


def test_a_missing_permission_stops_the_send(post: Any, server: Server) -> None:
    report, _ = post([f"forbidden-{number}" for number in range(500)])
    assert report.failed == report.reasons["forbidden"] == 500
    assert "execute-api:ManageConnections" in report.stopped
    assert server.seen.total() <= 40
