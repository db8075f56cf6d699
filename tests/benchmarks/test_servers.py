"""What is told of the servers is what was measured, and of whom it is told."""

import os
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest

from tests.benchmarks import page, servers, servers_table
from tests.benchmarks.gateway.processes import Measured
from tests.benchmarks.served import wrk
from tests.benchmarks.served.servers import SERVERS
from tests.benchmarks.served.variants import BARE, Variant, good_answer
from tests.django import events

DEPLOY = page.FOLDER.parent / "howto" / "deploy.md"
GOOD = b'{"type":"reply","id":"7","payload":{"order_id":7,"status":"paid"}}'
ERROR = b'{"type":"error","id":"7","error":{"code":"internal_error"}}'
HERE = Variant("here", "", "/here/")
needs_wrk = pytest.mark.skipif(not shutil.which("wrk"), reason="wrk is not installed")


@pytest.fixture(autouse=True)
def secret(settings: Any) -> None:
    settings.SECRET = events.SECRET


def test_what_is_told_is_what_was_measured() -> None:
    assert page.part(servers_table.NAME) == servers_table.told()


def test_the_servers_are_started_as_deploy_says() -> None:
    """But for the number of workers."""
    rows = re.findall(r"^\| (.+?) \| `(.+?)` \|$", DEPLOY.read_text(), re.M)
    documented = {
        name: re.sub(r"project\.\S+", "{application}", line).replace(" 4", " 1")
        for name, line in rows
    }
    assert {each.name: each.line for each in SERVERS} == documented


def test_a_ratio_is_to_the_bare_view_of_the_same_round() -> None:
    def samples(*rates: float) -> servers.Samples:
        return [{"rate": each, "cpu_us": 1000 / each} for each in rates]

    told = servers.summary({BARE: samples(100, 50), "x": samples(200, 50)})
    assert told["x"]["rate"] == {"median": 125, "least": 50, "most": 200}
    assert told["x"]["rate_ratio"] == {"median": 1.5, "least": 1, "most": 2}
    assert told["x"]["cpu_us_ratio"] == {"median": 0.75, "least": 0.5, "most": 1}


@pytest.mark.parametrize(("status", "answer"), [(200, ERROR), (500, GOOD)])
def test_a_variant_that_does_not_answer_well_is_not_measured(
    status: int, answer: bytes
) -> None:
    with answering((status, answer)) as port, pytest.raises(AssertionError):
        good_answer(HERE, port)


@needs_wrk
def test_every_good_answer_counts(tmp_path: Path) -> None:
    with answering((200, GOOD)) as port:
        found = posted(tmp_path, port)
    assert found["rate"] > 1
    assert found["cpu_us"] > 0
    assert 0 < found["p50_ms"] <= found["p99_ms"]


@needs_wrk
@pytest.mark.parametrize("other", [(200, ERROR), (503, GOOD)])
def test_one_bad_answer_among_good_ones_is_noticed(
    other: tuple[int, bytes], tmp_path: Path
) -> None:
    good = 200, GOOD
    noticed = pytest.raises(AssertionError, match='"bad":1')
    with answering(good, good, other, good) as port, noticed:
        posted(tmp_path, port)


def test_a_machine_without_wrk_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    with pytest.raises(SystemExit, match="apt-get install wrk"):
        wrk.program()


def posted(folder: Path, port: int) -> dict[str, float]:
    answer = good_answer(HERE, port)
    script = wrk.script(folder / "here.lua", HERE, answer)
    return wrk.measured(script, Measured(os.getpid(), port), 2, 1)


@contextmanager
def answering(*answers: tuple[int, bytes]) -> Iterator[int]:
    """A server that gives one answer after the other, and the last one for ever."""
    left = list(answers)

    class Answers(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            status, body = left.pop(0) if len(left) > 1 else left[0]
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *args: object) -> None: ...

    with ThreadingHTTPServer(("127.0.0.1", 0), Answers) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield server.server_address[1]
        server.shutdown()
