"""Users, and sockets in memory of a router that keeps events."""

from collections.abc import Iterator

import pytest

from tests.django.conftest import atomic_requests as atomic_requests
from tests.django.conftest import deliveries as deliveries
from tests.django.conftest import in_threads as in_threads
from tests.django.conftest import other as other
from tests.django.conftest import shared_database as shared_database
from tests.django.conftest import user as user
from tests.django.events import serving
from tests.streams import stream_routes
from wsrouter.delivery.memory import MemoryTransport
from wsrouter.testing.substitution import substituted


@pytest.fixture
def transport() -> Iterator[MemoryTransport]:
    memory = MemoryTransport()
    stream_routes.meanwhile.clear()
    with serving(stream_routes.router), substituted(transport=memory, secret=""):
        yield memory
