"""A recording backend, and gateways that post to it."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import pytest

from tests.local.recording_backend import RecordingBackend
from tests.local.running_gateway import RunningGateway, running, snapshot
from wsrouter.catalog.snapshot import Snapshot

Start = Callable[..., RunningGateway]


@pytest.fixture
def backend() -> Iterator[RecordingBackend]:
    recording = RecordingBackend()
    with recording.running():
        yield recording


@pytest.fixture
def start(backend: RecordingBackend) -> Iterator[Start]:
    """Starts a gateway; options are those of `running`."""
    with ExitStack() as stack:

        def one(served: Snapshot | None = None, **options: Any) -> RunningGateway:
            options = {"uri": backend.url} | options
            return stack.enter_context(running(served or snapshot(), **options))

        yield one


@pytest.fixture
def gateway(start: Start) -> RunningGateway:
    """A gateway with the three routes that every gateway has, and all defaults."""
    return start()
