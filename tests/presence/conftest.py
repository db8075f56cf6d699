"""Users, and sockets in memory of a router whose rooms have presence."""

from collections.abc import Iterator

import pytest
from django.contrib.auth.models import User

from tests.django.conftest import atomic_requests as atomic_requests
from tests.django.conftest import in_threads as in_threads
from tests.django.conftest import shared_database as shared_database
from tests.django.events import serving
from tests.presence import presence_routes
from wsrouter.delivery.memory import MemoryTransport
from wsrouter.testing.substitution import substituted


@pytest.fixture
def user(db: None) -> User:
    """Without a password: to hash one takes longer than a test."""
    return User.objects.create(username="ada")


@pytest.fixture
def other(db: None) -> User:
    return User.objects.create(username="bob")


@pytest.fixture
def transport() -> Iterator[MemoryTransport]:
    memory = MemoryTransport()
    with serving(presence_routes.router), substituted(transport=memory, secret=""):
        yield memory
