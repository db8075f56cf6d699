"""The fixtures of the local gateway's tests, with a backend that answers."""

import pytest

from tests.client.answering import Answering
from tests.local.conftest import backend, gateway, start  # noqa: F401  # fixtures
from tests.local.recording_backend import RecordingBackend


@pytest.fixture
def server(backend: RecordingBackend) -> Answering:  # noqa: F811  # as pytest has it
    return Answering(backend)
