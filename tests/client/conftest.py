"""The fixtures of the local gateway's tests, with a backend that answers."""

from collections.abc import Iterator

import pytest

from tests.client.answering import Answering
from tests.e2e.ws_local_stack import Stack, running
from tests.local.conftest import backend, gateway, start  # noqa: F401  # fixtures
from tests.local.recording_backend import RecordingBackend


@pytest.fixture
def server(backend: RecordingBackend) -> Answering:  # noqa: F811  # as pytest has it
    return Answering(backend)


@pytest.fixture(scope="package")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """`ws_local` with Django behind it, and the user `ada`. It has sent something: the
    first send of a process imports botocore, for seconds on a busy machine."""
    database = tmp_path_factory.mktemp("client") / "room.sqlite3"
    with running(Stack(database)) as started:
        with started.connect():
            assert started.get("/announce/first/")["delivered"] == 1
        yield started
