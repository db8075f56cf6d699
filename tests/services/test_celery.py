"""A Celery worker that is killed while it sends loses no recipient."""

import asyncio
import os
import signal
import socket
import sqlite3
import subprocess
import sys
import threading
import time
import uuid
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import ClassVar
from urllib.parse import urlsplit

import pytest

from tests.benchmarks.stub import ANSWER, Stub

pytest.importorskip("celery")
BROKERS = {
    "redis": os.environ.get("WSROUTER_TEST_REDIS", "redis://127.0.0.1:6379/9"),
    "rabbitmq": os.environ.get(
        "WSROUTER_TEST_RABBITMQ", "amqp://guest:guest@127.0.0.1:5672//"
    ),
}
RECIPIENTS = 20_000
SLICE = 1000
HERE = Path(__file__).parents[2]


class Sockets(Stub):
    """Counts the posts to each connection."""

    got: ClassVar[Counter[bytes]] = Counter()

    def data_received(self, data: bytes) -> None:
        Sockets.got[data.split(b" ", 2)[1]] += 1
        self.transport.write(ANSWER)  # type: ignore[attr-defined]


@pytest.fixture
def endpoint() -> Iterator[str]:
    Sockets.got = Counter()
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    listening = loop.create_server(Sockets, "127.0.0.1", 0)
    server = asyncio.run_coroutine_threadsafe(listening, loop).result(5)
    yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/p"
    loop.call_soon_threadsafe(server.close)
    loop.call_soon_threadsafe(loop.stop)
    thread.join()
    loop.close()


@pytest.fixture(params=BROKERS)
def environment(
    request: pytest.FixtureRequest, tmp_path: Path, endpoint: str
) -> dict[str, str]:
    url = urlsplit(BROKERS[request.param])
    try:
        socket.create_connection((url.hostname, url.port), 2).close()
    except OSError as error:
        problem = f"{request.param} does not answer: {error}"
        if os.environ.get("WSROUTER_REQUIRE_SERVICES"):
            pytest.fail(problem)
        pytest.skip(problem)
    return os.environ | {
        "DJANGO_SETTINGS_MODULE": "tests.services.settings",
        "SERVICES_BROKER": BROKERS[request.param],
        "SERVICES_QUEUE": f"wsrouter-{uuid.uuid4().hex}",
        "SERVICES_DATABASE": str(tmp_path / "db.sqlite3"),
        "SERVICES_ENDPOINT": endpoint,
        "SERVICES_REPORTS": str(tmp_path / "reports.txt"),
        "AWS_EC2_METADATA_DISABLED": "true",
    }


@contextmanager
def worker(
    environment: dict[str, str], log: Path
) -> Iterator["subprocess.Popen[bytes]"]:
    command = [sys.executable, "-m", "celery", "-A", "tests.services.app", "worker"]
    options = ["-P", "solo", "--without-gossip", "--without-mingle", "-l", "INFO"]
    with log.open("ab") as output:
        process = subprocess.Popen(
            [*command, *options],
            env=environment,
            cwd=HERE,
            stdout=output,
            stderr=output,
        )
    try:
        yield process
    finally:
        with suppress(ProcessLookupError):
            process.send_signal(signal.SIGKILL)
        process.wait(10)


def until(true: Callable[[], bool], log: Path, seconds: float = 240) -> None:
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, log.read_text()[-4000:]
        time.sleep(0.02)


def _resumed(environment: dict[str, str]) -> bool:
    """RabbitMQ delivers a dead worker's task at once, Redis after an hour: cron is
    there for that. Whoever comes for nothing does no harm."""
    command = [sys.executable, "-m", "tests.services.app", "resume"]
    subprocess.run(command, env=environment, cwd=HERE, check=True, capture_output=True)
    return False


def test_a_killed_worker_loses_nobody(
    environment: dict[str, str], tmp_path: Path
) -> None:
    log, reports = tmp_path / "worker.txt", tmp_path / "reports.txt"
    sent = subprocess.run(
        [sys.executable, "-m", "tests.services.app", str(RECIPIENTS)],
        env=environment,
        cwd=HERE,
        capture_output=True,
        text=True,
        check=False,
    )
    assert sent.stdout.strip() == "queued", sent.stderr
    with worker(environment, log) as first:
        until(lambda: Sockets.got.total() > RECIPIENTS / 3, log)
        first.send_signal(signal.SIGKILL)
        first.wait(10)
    assert Sockets.got.total() < RECIPIENTS
    with worker(environment, log):
        until(lambda: reports.exists() or _resumed(environment), log)
    assert reports.read_text() == f"done {RECIPIENTS}\n"
    assert len(Sockets.got) == RECIPIENTS
    assert Sockets.got.total() - RECIPIENTS <= SLICE


def test_a_worker_closes_the_sockets_of_a_session_that_has_ended(
    environment: dict[str, str], tmp_path: Path
) -> None:
    log = tmp_path / "worker.txt"
    done = subprocess.run(
        [sys.executable, "-m", "tests.services.app", "logout"],
        env=environment,
        cwd=HERE,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.stdout.strip(), Sockets.got.total()) == ("3", 0), done.stderr
    with worker(environment, log):
        until(lambda: not _rows(environment), log)
    assert sorted(Sockets.got.values()) == [1, 1, 1]


def _rows(environment: dict[str, str]) -> int:
    with closing(sqlite3.connect(environment["SERVICES_DATABASE"])) as database:
        counted = database.execute("SELECT count(*) FROM wsrouter_openconnection")
        return int(counted.fetchone()[0])
