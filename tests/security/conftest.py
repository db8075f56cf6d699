"""Users, a router that shows who is who, and an empty cache."""

from collections.abc import Iterator

import pytest
from django.contrib.auth.models import User
from django.core.cache import cache
from django.test import Client

from tests.django.conftest import (
    InThreads,
    atomic_requests,
    in_threads,
    other,
    shared_database,
    user,
)
from tests.security import served
from tests.security.served import Ended
from wsrouter.auth import security_log

__all__ = [
    "InThreads",
    "User",
    "atomic_requests",
    "in_threads",
    "other",
    "shared_database",
    "user",
]


@pytest.fixture(autouse=True)
def _as_new() -> Iterator[None]:
    cache.clear()
    security_log.reset()
    yield
    cache.clear()


@pytest.fixture
def ended() -> Iterator[list[Ended]]:
    """The disconnect handlers that ran."""
    served.ended.clear()
    yield served.ended
    served.ended.clear()


@pytest.fixture
def browser(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client
