"""A send leaves after the commit of every transaction that is open in its thread."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.db import DatabaseError, connections, transaction
from django.test import TestCase

from tests.django.events import serving
from tests.django.group_routes import Peer, done, router, told
from wsrouter import Delivery
from wsrouter.delivery.memory import MemoryTransport
from wsrouter.models import QueuedSend
from wsrouter.routing.delivery import Status
from wsrouter.testing.simulated_gateway import run_on_commit_callbacks
from wsrouter.testing.substitution import substituted
from wsrouter.wiring import sender_for

pytestmark = [
    pytest.mark.database,
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("orders"),
]


@pytest.fixture
def orders(tmp_path: Path) -> Iterator[None]:
    """A second database, of which wsrouter knows nothing."""
    connections.settings["orders"] = {
        **connections.settings["default"],
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": str(tmp_path / "orders.sqlite3"),
        "OPTIONS": {},
    }
    # pytest-django knows the databases that were there when the test began: it would
    # refuse to connect to another one.
    connections["orders"].connect()
    try:
        yield
    finally:
        connections["orders"].close()
        del connections["orders"]
        del connections.settings["orders"]


@pytest.fixture
def peer(transport: MemoryTransport) -> Peer:
    return Peer(transport)


def rolled_back(alias: str) -> None:
    transaction.set_rollback(True, using=alias)


def test_another_database_is_waited_for(peer: Peer, deliveries: list[Any]) -> None:
    with transaction.atomic(using="orders"):
        delivery = told.send("x", everyone=True)
        assert (peer.got, deliveries) == (0, [])
    assert delivery == Delivery(event="told", status=Status.DEFERRED)
    assert (peer.got, deliveries) == (1, [done(1)])


def test_a_rollback_of_another_database_sends_nothing(peer: Peer) -> None:
    with transaction.atomic(using="orders"):
        told.send("x", everyone=True)
        rolled_back("orders")
    with transaction.atomic(), transaction.atomic(using="orders"):
        told.send("x", everyone=True)
        rolled_back("orders")
    with transaction.atomic(using="orders"), transaction.atomic():
        told.send("x", everyone=True)
        rolled_back("orders")
    with transaction.atomic(using="orders"), transaction.atomic():
        told.send("x", everyone=True)
        rolled_back("default")
    assert peer.got == 0


@pytest.mark.parametrize("names", [("default", "orders"), ("orders", "default")])
def test_the_last_commit_sends(peer: Peer, names: tuple[str, str]) -> None:
    with transaction.atomic(using=names[0]):
        with transaction.atomic(using=names[1]):
            told.send("x", everyone=True)
        assert peer.got == 0
    assert peer.got == 1


def test_one_commits_and_the_other_fails_after_it(peer: Peer) -> None:
    def fails() -> None:
        with transaction.atomic(using="orders"):
            with transaction.atomic():
                told.send("x", everyone=True)
            raise DatabaseError

    with pytest.raises(DatabaseError):
        fails()
    assert peer.got == 0


@pytest.mark.parametrize("alias", ["default", "orders"])
def test_a_savepoint_that_is_rolled_back_sends_nothing(peer: Peer, alias: str) -> None:
    with transaction.atomic(), transaction.atomic(using="orders"):
        told.send("a", everyone=True)
        with transaction.atomic(using=alias):
            told.send("b", everyone=True)
            with transaction.atomic(using=alias):
                told.send("c", everyone=True)
            rolled_back(alias)
        with transaction.atomic(using=alias):
            told.send("d", everyone=True)
        told.send("e", everyone=True)
    sent = [frame.rpartition(b":")[2] for frame in peer.socket.frames]
    assert sent == [b'"a"}', b'"d"}', b'"e"}']


def test_now_waits_for_none(peer: Peer) -> None:
    with transaction.atomic(), transaction.atomic(using="orders"):
        assert told.send("x", everyone=True, now=True) == done(1)
        rolled_back("orders")
    assert peer.got == 1


def test_a_send_that_fails_stops_no_other(
    peer: Peer, monkeypatch: pytest.MonkeyPatch, transport: MemoryTransport
) -> None:
    post, calls = transport.post, iter([True, False])

    def broken(*arguments: Any) -> Any:
        if next(calls):
            raise RuntimeError
        return post(*arguments)

    monkeypatch.setattr(transport, "post", broken)
    with transaction.atomic(using="orders"):
        told.send("a", everyone=True)
        told.send("b", everyone=True)
    assert peer.got == 1


def test_the_queue_is_not_ahead_of_another_database(
    peer: Peer, transport: MemoryTransport, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A send that is queued in one transaction would outlive the other one."""
    tasks: list[Any] = []
    engine = lambda name: (lambda *task: tasks.append(task)) if name else None  # noqa: E731
    monkeypatch.setattr(sender_for, "_engine", engine)
    with (
        serving(router, BACKGROUND="celery", SEND_RECIPIENTS=1),
        substituted(transport=transport, secret=""),
    ):
        with transaction.atomic(using="orders"):
            told.send("x", everyone=True)
            assert not QueuedSend.objects.exists()
            rolled_back("orders")
        with transaction.atomic(), transaction.atomic(using="orders"):
            told.send("x", everyone=True)
            assert not QueuedSend.objects.exists()
        with transaction.atomic():
            told.send("x", everyone=True)
            assert QueuedSend.objects.count() == 1
    assert (peer.got, len(tasks)) == (1, 1)


@pytest.mark.usefixtures("orders")
class InATestCase(TestCase):
    """The test's own transaction never commits, so it is not waited for."""

    def setUp(self) -> None:
        self.transport = MemoryTransport()
        for context in (
            serving(router),
            substituted(transport=self.transport, secret=""),
        ):
            self.enterContext(context)
        self.peer = Peer(self.transport)

    def test_outside_a_block_it_is_sent_at_once(self) -> None:
        assert told.send("x", everyone=True) == done(1)

    def test_callbacks_of_every_database_are_run(self) -> None:
        with self.captureOnCommitCallbacks(execute=True), transaction.atomic():
            assert told.send("x", everyone=True).status is Status.DEFERRED
        assert self.peer.got == 1
        with (
            self.captureOnCommitCallbacks(execute=True),
            transaction.atomic(),
            transaction.atomic(using="orders"),
        ):
            told.send("x", everyone=True)
        assert self.peer.got == 2

    def test_the_test_client_runs_them(self) -> None:
        with transaction.atomic():
            told.send("x", everyone=True)
        assert self.peer.got == 0
        run_on_commit_callbacks()
        assert self.peer.got == 1

    def test_a_savepoint_that_is_rolled_back(self) -> None:
        with transaction.atomic():
            told.send("x", everyone=True)
            rolled_back("default")
        run_on_commit_callbacks()
        assert self.peer.got == 0
