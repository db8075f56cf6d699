"""Fixtures of the routing tests: both worlds, and a sender."""

import pytest

from tests.routing.builders import Outbox, Run, in_async, in_sync
from wsrouter.routing import ports


@pytest.fixture(params=[in_sync, in_async], ids=["run_sync", "run_async"])
def run(request: pytest.FixtureRequest) -> Run:
    """The test runs in a sync and in an async world."""
    chosen: Run = request.param
    return chosen


@pytest.fixture
def outbox(monkeypatch: pytest.MonkeyPatch) -> Outbox:
    """The sender of this test."""
    sender = Outbox()
    monkeypatch.setattr(ports, "_senders", [lambda: sender])
    return sender
