"""A user, a page of that user, and an empty cache: tickets are counted in it."""

from collections.abc import Callable, Iterator

import pytest
from django.contrib.auth.models import User
from django.core.cache import cache

from wsrouter import tickets
from wsrouter.testing import WebSocketClient


@pytest.fixture(autouse=True)
def _empty_cache() -> Iterator[None]:
    cache.clear()
    yield
    cache.clear()


@pytest.fixture
def ada(db: None) -> User:
    return User.objects.create_user("ada")


@pytest.fixture
def with_ticket(ada: User) -> Callable[[], str]:
    """Makes the query of a handshake: each ticket is good for one."""
    return lambda: f"ticket={tickets.issue(ada)['ticket']}"


@pytest.fixture
def page(
    ws_client: Callable[..., WebSocketClient], with_ticket: Callable[[], str]
) -> WebSocketClient:
    return ws_client().connect(query=with_ticket())
