"""A worker that is killed while it sends loses no recipient."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.services.engines import Engine
from tests.services.running import run, until, worker
from tests.services.sockets import Sockets

pytest.importorskip("celery")
pytest.importorskip("django_tasks_db")
RECIPIENTS = 20_000
SLICE = 1000
KILL_AT = 6_700
"""In the middle of a slice."""


@pytest.fixture
def sockets() -> Iterator[Sockets]:
    with Sockets(hold_at=KILL_AT).listening() as sockets:
        yield sockets


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
