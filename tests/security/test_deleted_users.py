"""A user who is deleted while a handshake stores a connection of theirs: one of the two
waits for the other, and neither fails."""

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager, suppress
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection, transaction
from django.db import connections as databases
from django.test import Client, override_settings

from tests.databases import ISOLATION
from tests.django.events import Gateway
from tests.security import served
from tests.security.served import SETTINGS
from wsrouter import tickets
from wsrouter.models import OpenConnection, Ticket
from wsrouter.registry.open_connections import ConnectionRegistry

pytestmark = [
    pytest.mark.database,
    pytest.mark.usefixtures("shared_database"),
    pytest.mark.skipif(bool(ISOLATION), reason="wsrouter.E024 refuses that level."),
]
PATIENCE = 30
BLOCKED_SECONDS = 0.5
"""After this time, what has not ended is taken to wait for a lock. Where it is only
slow, the test tries another order, which has to end well too."""


@pytest.fixture(autouse=True)
def _served() -> Iterator[None]:
    with override_settings(WSROUTER={"default": SETTINGS}):
        yield


@pytest.fixture(params=["plain", "atomic"], autouse=True)
def _transactions(request: pytest.FixtureRequest) -> None:
    if request.param == "atomic":
        request.getfixturevalue("atomic_requests")


@pytest.fixture(params=["cookie", "ticket"])
def proof(request: pytest.FixtureRequest, browser: Client, user: User) -> Any:
    if request.param == "ticket":
        return {"query": f"?ticket={tickets.issue(user)['ticket']}"}
    cookie = browser.cookies["sessionid"].value
    return {"client": {"Cookie": f"sessionid={cookie}"}}


class Pause:
    """Where a thread waits until the test lets it go on."""

    def __init__(self) -> None:
        self.entered, self.go_on = threading.Event(), threading.Event()

    def wait(self, *_: Any) -> None:
        self.entered.set()
        assert self.go_on.wait(PATIENCE)


@contextmanager
def in_thread(run: Callable[[], Any]) -> Iterator["Future[Any]"]:
    def work() -> Any:
        try:
            return run()
        finally:
            databases.close_all()

    with ThreadPoolExecutor(1) as pool:
        yield pool.submit(work)


def wait_a_little(future: "Future[Any]") -> None:
    with suppress(TimeoutError):
        future.result(BLOCKED_SECONDS)


def test_the_row_was_stored_first(
    proof: Any, user: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The deletion finds it: the user is deleted, and the connection has ended."""
    pause, remember = Pause(), ConnectionRegistry.remember

    def and_wait(*arguments: Any) -> bool:
        stored = remember(*arguments)
        pause.wait()
        return stored

    monkeypatch.setattr(ConnectionRegistry, "remember", and_wait)
    gateway = Gateway()
    with in_thread(lambda: gateway.connect(**proof).status_code) as status:
        assert pause.entered.wait(PATIENCE)
        with in_thread(user.delete) as deleted:
            wait_a_little(deleted)
            pause.go_on.set()
            deleted.result(PATIENCE)
        assert status.result(PATIENCE) in (200, 401)
    assert gateway.send("who")["error"]["code"] == "connection_unknown"
    assert_nothing_is_left()


def test_the_user_was_deleted_first(
    user: User, browser: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The handshake knows the user already; it is refused."""
    if connection.vendor == "sqlite":
        pytest.skip("SQLite has one writer at a time: the two follow one another.")
    pause = Pause()
    monkeypatch.setattr(served, "on_connect", pause.wait)
    cookie = {"Cookie": f"sessionid={browser.cookies['sessionid'].value}"}
    with in_thread(lambda: Gateway().connect(client=cookie).status_code) as status:
        assert pause.entered.wait(PATIENCE)
        with transaction.atomic():
            user.delete()
            pause.go_on.set()
            wait_a_little(status)
        assert status.result(PATIENCE) == 401
    assert_nothing_is_left()


def assert_nothing_is_left() -> None:
    assert not User.objects.filter(username="ada").exists()
    assert not OpenConnection.objects.exists()
    assert not Ticket.objects.exists()
