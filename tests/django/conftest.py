"""Users, sockets in memory, ATOMIC_REQUESTS, and databases that threads can share."""

import gc
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection, connections

from tests.django import client_routes, group_routes, registering
from tests.django.events import serving
from wsrouter import Delivery
from wsrouter.delivery.memory import MemoryTransport
from wsrouter.signals import delivered
from wsrouter.testing.substitution import substituted

InThreads = Callable[[int, Callable[[int], Any]], list[Any]]


@pytest.fixture
def user(db: None) -> User:
    return User.objects.create_user("ada", password="analytical")


@pytest.fixture
def other(db: None) -> User:
    return User.objects.create_user("bob", password="bob")


@pytest.fixture
def deliveries() -> Iterator[list[Delivery]]:
    """What the signal told."""
    seen: list[Delivery] = []

    def listen(delivery: Delivery, **_: Any) -> None:
        seen.append(delivery)

    delivered.connect(listen)
    yield seen
    delivered.disconnect(listen)


@pytest.fixture
def transport() -> Iterator[MemoryTransport]:
    """Where `peers` have their sockets."""
    group_routes.ended.clear()
    group_routes.within.clear()
    memory = MemoryTransport()
    with serving(group_routes.router), substituted(transport=memory, secret=""):
        yield memory


@pytest.fixture(name="registering")
def _registering() -> Iterator[None]:
    registering.ended.clear()
    with serving(registering.router):
        yield


@pytest.fixture
def talking(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    """Serves the router of `talk`; afterwards no client may be left."""
    with serving(client_routes.router):
        yield
    caplog.get_records("call").clear()  # tracebacks keep what a test had
    gc.collect()
    client_routes.assert_real_transport()


@pytest.fixture
def atomic_requests() -> Iterator[None]:
    options = connections.settings["default"]
    before = options["ATOMIC_REQUESTS"]
    options["ATOMIC_REQUESTS"] = True
    yield
    options["ATOMIC_REQUESTS"] = before


@pytest.fixture
def shared_database(transactional_db: None, tmp_path: Path) -> Iterator[None]:
    """One that other threads can use, too; SQLite needs a file for that."""
    if connection.vendor != "sqlite":
        yield
        return
    memory, before = connections["default"], connections.settings["default"]
    file = tmp_path / "threads.sqlite3"
    with connection.cursor() as cursor:
        cursor.execute("VACUUM INTO %s", [str(file)])
    del connections["default"]
    patient = {"timeout": 20, "transaction_mode": "IMMEDIATE"}
    connections.settings["default"] = {
        **before,
        "NAME": str(file),
        "OPTIONS": {**before["OPTIONS"], **patient},
    }
    try:
        yield
    finally:
        connections["default"].close()
        connections.settings["default"] = before
        connections["default"] = memory


@pytest.fixture
def in_threads(shared_database: None) -> InThreads:
    """Runs a function in several threads at once, each with its own connection to the
    database."""
    return _in_threads


def _in_threads(count: int, function: Callable[[int], Any]) -> list[Any]:
    together = Barrier(count)

    def run(number: int) -> Any:
        together.wait(timeout=10)
        try:
            return function(number)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(count) as pool:
        return list(pool.map(run, range(count)))
