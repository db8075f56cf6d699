"""A trace goes from a client's message through a queue to the posts of a worker."""

import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.services.engines import Engine
from tests.services.running import run, until, worker
from tests.services.sockets import Sockets

pytest.importorskip("celery")
pytest.importorskip("django_tasks_db")
pytest.importorskip("opentelemetry.sdk")
RECIPIENTS = 2_500
SLICES = 3
Span = dict[str, Any]


@pytest.fixture
def sockets() -> Iterator[Sockets]:
    with Sockets(hold_at=0).listening() as sockets:
        yield sockets


def read(file: Path) -> dict[str, list[Span]]:
    """The spans by their names."""
    found: dict[str, list[Span]] = {}
    for line in file.read_text().splitlines():
        span = json.loads(line)
        found.setdefault(span["name"], []).append(span)
    return found


def test_a_trace_through_a_worker(
    engine: Engine, environment: dict[str, str], tmp_path: Path, sockets: Sockets
) -> None:
    log, reports, file = (tmp_path / name for name in ("log", "reports.txt", "spans"))
    environment["SERVICES_SPANS"] = str(file)
    told = run(environment, "tests.services.send", f"{RECIPIENTS}", "message")
    assert told == "reply\n"
    with worker(engine, environment, log):
        until(reports.exists, log, lambda: time.sleep(0.1))
    spans = read(file)
    [message], [send] = spans["process tell"], spans["send news"]
    posts = spans["post news"]
    assert message["parent_id"] is None
    assert send["parent_id"] == message["context"]["span_id"]
    assert [post["parent_id"] for post in posts] == [
        send["context"]["span_id"]
    ] * SLICES
    counts = [post["attributes"]["wsrouter.delivery.delivered"] for post in posts]
    assert sum(counts) == RECIPIENTS == sockets.got.total()
    processes = {post["resource"]["attributes"]["process.pid"] for post in posts}
    assert send["resource"]["attributes"]["process.pid"] not in processes
