"""With a task engine, sockets are closed by a worker and not by who logs out."""

from collections.abc import Iterator
from importlib import import_module
from typing import Any

import django
import pytest
from django.contrib.auth.models import User
from django.db import transaction
from django.test import Client, override_settings

from tests.django.events import Gateway
from tests.security import endings
from tests.security.endings import Socket, Way, is_gone, refused
from tests.security.served import SETTINGS, Ended, told
from wsrouter import connections
from wsrouter.delivery.memory import MemoryTransport
from wsrouter.engines import django_tasks
from wsrouter.errors import DeliveryFailed
from wsrouter.models import OpenConnection
from wsrouter.testing import WebSocketClient

pytestmark = [pytest.mark.database, pytest.mark.django_db]
PACKAGE = "django.tasks" if django.VERSION >= (6,) else "django_tasks"
ALONE = {"default": SETTINGS | {"BACKGROUND": "tasks"}}
WAYS = [
    endings.logout,
    endings.password,
    endings.deactivation,
    endings.one_call,
]


class Queue:
    """The tasks that wait for a worker, in the framework's backend for tests."""

    def __init__(self) -> None:
        self._backend = import_module(PACKAGE).default_task_backend

    def __len__(self) -> int:
        return len(self._backend.results)

    def work(self) -> None:
        """What a worker does, with what has come through the backend's JSON."""
        for result in list(self._backend.results):
            result.task.call(*result.args, **result.kwargs)
            self._backend.results.remove(result)


@pytest.fixture
def queue() -> Iterator[Queue]:
    backend = f"{PACKAGE}.backends.dummy.DummyBackend"
    with override_settings(WSROUTER=ALONE, TASKS={"default": {"BACKEND": backend}}):
        yield Queue()


@pytest.mark.parametrize("way", WAYS)
def test_the_request_ends_the_session_and_a_worker_the_socket(
    way: Way,
    queue: Queue,
    browser: Client,
    user: User,
    ended: list[Ended],
) -> None:
    socket = Socket(browser).open()
    way(browser, user)
    assert socket.frames == []
    assert (len(queue), socket.is_open, ended) == (1, True, [])
    assert refused(socket, "who") == "not_authenticated"
    queue.work()
    assert is_gone(socket)
    assert [each.cause for each in ended] == ["ended"]
    queue.work()
    assert (len(queue), len(ended)) == (0, 1)


def test_it_is_queued_when_the_transaction_commits(
    queue: Queue, browser: Client, user: User
) -> None:
    socket = Socket(browser).open()
    with transaction.atomic():
        connections.end(user)
        assert len(queue) == 0
    assert socket.frames == []
    assert len(queue) == 1
    with transaction.atomic():
        connections.end(user)
        transaction.set_rollback(True)
    assert len(queue) == 1


def test_all_of_a_users_sockets_are_one_task(queue: Queue, user: User) -> None:
    sockets = [WebSocketClient(user).connect() for _ in range(3)]
    assert connections.end(user) == 3
    assert sockets[0].frames == []
    assert len(queue) == 1
    queue.work()
    assert [is_gone(each) for each in sockets] == [True] * 3


def test_what_waits_to_be_closed_is_sent_nothing(
    queue: Queue, user: User, other: User
) -> None:
    waiting, bystander = [WebSocketClient(each).connect() for each in (user, other)]
    connections.end(user)
    assert (waiting.frames, len(queue)) == ([], 1)
    told.send("x", group="all", now=True)
    told.send("x", everyone=True, now=True)
    told.send("x", user=user, now=True)
    told.send("x", connection=waiting.connection_id, now=True)
    assert waiting.frames == []
    assert len(bystander.frames) == 2


def test_a_deleted_user_is_told_of_now_and_closed_later(
    queue: Queue, browser: Client, user: User, ended: list[Ended]
) -> None:
    socket = Socket(browser).open()
    user.delete()
    assert socket.frames == []
    assert [(each.user, each.cause) for each in ended] == [("ada", "ended")]
    assert not OpenConnection.objects.exists()
    assert (socket.is_open, len(queue)) == (True, 1)
    queue.work()
    assert not socket.is_open
    assert len(ended) == 1


def test_a_message_that_finds_out_does_not_wait_either(
    queue: Queue, user: User
) -> None:
    socket = WebSocketClient(user).connect()
    User.objects.update(is_active=False)
    socket.send("who", id="1")
    assert socket.receive("error")["error"]["code"] == "not_authenticated"
    assert (len(queue), socket.is_open) == (1, True)
    queue.work()
    assert is_gone(socket)


def test_a_worker_that_cannot_close_it_fails_and_the_row_stays(
    queue: Queue, user: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: Any) -> None:
        raise DeliveryFailed("API Gateway did not close it.")

    socket = WebSocketClient(user).connect()
    connections.end(user)
    assert socket.frames == []
    with monkeypatch.context() as broken:
        broken.setattr(MemoryTransport, "close", fail)
        with pytest.raises(DeliveryFailed, match="1 of 1 connections"):
            queue.work()
    assert refused(socket, "who") == "not_authenticated"
    queue.work()
    assert is_gone(socket)


def test_a_broker_that_is_down_keeps_nobody_from_logging_out(
    queue: Queue,
    browser: Client,
    user: User,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    def down(addresses: Any) -> None:
        raise ConnectionRefusedError("No broker listens.")

    monkeypatch.setattr(django_tasks, "enqueue_end", down)
    socket = Socket(browser).open()
    browser.logout()
    assert socket.frames == []
    assert is_gone(socket)
    assert "closed here" in caplog.text


def test_each_gateway_follows_its_own_setting(queue: Queue, user: User) -> None:
    without = SETTINGS | {"SECRET": "y" * 32}
    with override_settings(WSROUTER=ALONE | {"other": without}):
        here = WebSocketClient(user).connect()
        there = WebSocketClient(user, gateway="other").connect()
        connections.end(user)
        assert here.frames == []
        assert (here.is_open, there.is_open) == (True, False)
        queue.work()
        assert not here.is_open


def test_without_an_engine_nothing_is_queued(user: User) -> None:
    with override_settings(WSROUTER={"default": SETTINGS}):
        gateway = Gateway()
        gateway.connect(user)
        socket = WebSocketClient(user).connect()
        assert connections.end(user) == 2
        assert socket.frames == []
        assert is_gone(socket)
