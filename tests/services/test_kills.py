"""A worker that is killed while it sends loses no recipient."""

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from tests.services.engines import ENGINES, Engine, Unreachable
from tests.services.sockets import Sockets

pytest.importorskip("celery")
pytest.importorskip("django_tasks_db")
RECIPIENTS = 20_000
SLICE = 1000
KILL_AT = 6_700
"""In the middle of a slice."""
TIMEOUT_SECONDS = 1800
"""Only a test that fails takes as long, however slow the machine is."""
HERE = Path(__file__).parents[2]


@pytest.fixture
def sockets() -> Iterator[Sockets]:
    with Sockets(hold_at=KILL_AT).listening() as sockets:
        yield sockets


@pytest.fixture(params=ENGINES)
def engine(request: pytest.FixtureRequest) -> Iterator[Engine]:
    with ExitStack() as stack:
        try:
            yield stack.enter_context(ENGINES[request.param]())
        except Unreachable as error:
            problem = f"{request.param} does not answer: {error}"
            if os.environ.get("WSROUTER_REQUIRE_SERVICES"):
                pytest.fail(problem)
            pytest.skip(problem)


@pytest.fixture
def environment(engine: Engine, tmp_path: Path, sockets: Sockets) -> dict[str, str]:
    return {
        **os.environ,
        **engine.environment,
        "DJANGO_SETTINGS_MODULE": "tests.services.settings",
        "SERVICES_DATABASE": str(tmp_path / "db.sqlite3"),
        "SERVICES_ENDPOINT": sockets.url,
        "SERVICES_REPORTS": str(tmp_path / "reports.txt"),
        "AWS_EC2_METADATA_DISABLED": "true",
    }


@contextmanager
def worker(
    engine: Engine, environment: dict[str, str], log: Path
) -> Iterator["subprocess.Popen[bytes]"]:
    with log.open("ab") as output:
        process = subprocess.Popen(
            engine.command, env=environment, cwd=HERE, stdout=output, stderr=output
        )
    try:
        yield process
    finally:
        process.kill()
        process.wait()


def run(environment: dict[str, str], *arguments: str) -> str:
    done = subprocess.run(
        [sys.executable, "-m", *arguments],
        env=environment,
        cwd=HERE,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def until(true: Callable[[], bool], log: Path, act: Callable[[], object]) -> None:
    end = time.monotonic() + TIMEOUT_SECONDS
    while not true():
        assert time.monotonic() < end, log.read_text()[-4000:]
        act()


def test_a_killed_worker_loses_no_recipient(
    engine: Engine, environment: dict[str, str], tmp_path: Path, sockets: Sockets
) -> None:
    log, reports = tmp_path / "worker.txt", tmp_path / "reports.txt"

    def reap() -> None:
        """Redis delivers a dead worker's task after an hour, and Django's Tasks never:
        `ws_reap` from cron does. A run that finds nothing to do does no harm."""
        run(environment, "django", "ws_reap", "--check", "0")

    assert run(environment, "tests.services.send", f"{RECIPIENTS}") == "queued\n"
    with worker(engine, environment, log) as first:
        until(sockets.held.is_set, log, lambda: sockets.held.wait(1))
        first.kill()
        first.wait()
    assert not reports.exists()
    assert sockets.got.total() < RECIPIENTS
    sockets.go_on()
    with worker(engine, environment, log):
        until(reports.exists, log, reap)
    assert reports.read_text() == f"done {RECIPIENTS}\n"
    assert len(sockets.got) == RECIPIENTS
    assert 0 < sockets.got.total() - RECIPIENTS <= SLICE
