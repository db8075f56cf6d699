"""ws_reap, as cron runs it on one machine or on several."""

import json
import logging
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import timedelta
from io import StringIO
from typing import Any

import pytest
from django.conf import settings
from django.contrib.auth.models import User
from django.core.cache import cache
from django.core.management import CommandError, call_command
from django.db import OperationalError, transaction
from django.test import override_settings
from django.utils import timezone

from tests.django.conftest import InThreads
from tests.django.events import Gateway, serving
from wsrouter import Connection, Disconnected, Router
from wsrouter.delivery.memory import MemoryTransport
from wsrouter.errors import ConnectionGone
from wsrouter.identity import LIFETIME
from wsrouter.models import OpenConnection, QueuedSend
from wsrouter.registry.open_connections import ConnectionRegistry
from wsrouter.registry.send_queue import LEASE, StoredSendQueue
from wsrouter.routing import ports
from wsrouter.testing.substitution import substituted
from wsrouter.wiring import sender_for

pytestmark = [pytest.mark.database, pytest.mark.django_db]
router = Router()
told = router.event("told", str)
ended: list[tuple[str, Any]] = []


@router.disconnect
def closed(connection: Connection, how: Disconnected) -> None:
    ended.append((connection.id, how.cause))


class Socket:
    is_closed = False

    def arrived(self, data: bytes) -> None: ...

    def closed_by_server(self) -> None:
        self.is_closed = True


@pytest.fixture(autouse=True)
def transport() -> Iterator[MemoryTransport]:
    ended.clear()
    cache.clear()
    memory = MemoryTransport()
    with serving(router), substituted(transport=memory, secret=""):
        yield memory


@pytest.fixture
def queued(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The sends that the engine was asked to carry out, which no worker does."""
    sends: list[int] = []

    def enqueue(send: int, gateway: str) -> None:
        sends.append(send)

    monkeypatch.setattr(sender_for, "_engine", lambda name: enqueue if name else None)
    return sends


def connected(user: User | None = None, *, age: timedelta = timedelta()) -> str:
    gateway = Gateway()
    assert gateway.connect(user).status_code == 200
    now = timezone.now()
    OpenConnection.objects.filter(connection_id=gateway.id).update(
        connected_at=now - age, stored_at=now - age, expires_at=now - age + LIFETIME
    )
    return gateway.id


def reaped(**options: Any) -> str:
    out = StringIO()
    call_command("ws_reap", rate=10_000, stdout=out, **options)
    return out.getvalue()


def test_what_is_past_its_lifetime_is_removed_and_its_handlers_told() -> None:
    old, new = connected(age=LIFETIME), connected()
    assert reaped().startswith("1 past their lifetime, 0 ended, 0 of 0 gone")
    assert [each.connection_id for each in OpenConnection.objects.all()] == [new]
    assert ended == [(old, "lifetime")]


ENDINGS: dict[str, Callable[[], object]] = {
    "deactivated": lambda: User.objects.update(is_active=False),
    "another password": lambda: User.objects.update(password="!"),
    "expired": lambda: OpenConnection.objects.update(expires_at=timezone.now()),
}


@pytest.mark.parametrize("how", ENDINGS)
def test_what_no_signal_told_of_ends(
    how: str, user: User, transport: MemoryTransport
) -> None:
    one, socket = connected(user), Socket()
    transport.opened(one, socket)
    assert "0 ended" in reaped()
    ENDINGS[how]()
    assert "1 ended" in reaped()
    assert socket.is_closed
    assert ended == [(one, "ended")]
    assert not OpenConnection.objects.exists()


def test_several_machines_end_a_connection_once(
    in_threads: InThreads, user: User, transport: MemoryTransport
) -> None:
    ids = {connected(user, age=timedelta(minutes=1)) for _ in range(6)}
    User.objects.update(is_active=False)
    in_threads(4, lambda number: reaped())
    assert sorted(ended) == sorted((each, "ended") for each in ids)
    assert not OpenConnection.objects.exists()


def test_a_row_that_cannot_be_removed_keeps_nobody_waiting(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    connected(age=LIFETIME)

    def broken(*_: Any, **__: Any) -> None:
        raise OperationalError("deadlock")

    with monkeypatch.context() as patched:
        patched.setattr(ConnectionRegistry, "forget", broken)
        reaped()
    assert "deadlock" in caplog.text
    reaped()
    assert not OpenConnection.objects.exists()


def test_possibly_lost_connections_are_checked(transport: MemoryTransport) -> None:
    here, lost, young = (
        connected(age=timedelta(minutes=20)),
        connected(age=timedelta(minutes=30)),
        connected(),
    )
    socket = Socket()
    transport.opened(here, socket)
    assert "1 of 2 gone" in reaped()
    assert ended == [(lost, "gone")]
    assert {each.connection_id for each in OpenConnection.objects.all()} == {
        here,
        young,
    }
    assert "0 of 0 gone" in reaped(check=0)


def test_one_machine_checks_at_a_time(transport: MemoryTransport) -> None:
    connected(age=timedelta(minutes=20))
    cache.add("wsrouter:reap", "")
    assert "0 of 0 gone" in reaped()


def test_a_machine_that_has_died_does_not_keep_the_others_waiting(
    monkeypatch: pytest.MonkeyPatch, transport: MemoryTransport
) -> None:
    class Died(BaseException):
        """Of SIGKILL: it unlocks nothing."""

    def die(address: Any) -> None:
        raise Died

    connected(age=timedelta(minutes=20))
    with monkeypatch.context() as patched:
        patched.setattr(transport, "info", die)
        patched.setattr(cache, "delete", lambda key: None)
        with pytest.raises(Died):
            reaped()
    assert "0 of 0 gone" in reaped()
    now = time.time() + 61
    monkeypatch.setattr(time, "time", lambda: now)  # that of the cache
    assert "1 of 1 gone" in reaped()


def test_whoever_checks_keeps_the_lock(
    monkeypatch: pytest.MonkeyPatch, transport: MemoryTransport
) -> None:
    now, taken = time.time(), []

    def slow(address: Any) -> None:
        nonlocal now
        now += 45
        taken.append(cache.add("wsrouter:reap", "another machine"))
        raise ConnectionGone

    for _ in range(4):
        connected(age=timedelta(minutes=20))
    monkeypatch.setattr(time, "time", lambda: now)
    monkeypatch.setattr(transport, "info", slow)
    assert "4 of 4 gone" in reaped()
    assert taken == [False] * 4


def test_without_a_cache_the_rest_is_done(
    queued: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(*_: Any) -> None:
        raise ConnectionError("The cache does not answer.")

    with serving(router, BACKGROUND="celery"):
        with transaction.atomic():
            told.send("x", everyone=True)
        QueuedSend.objects.update(touched_at=timezone.now() - timedelta(hours=1))
        queued.clear()
        monkeypatch.setattr(cache, "add", away)
        with pytest.raises(ConnectionError):
            reaped()
    assert queued == [QueuedSend.objects.get().pk]


def test_several_machines_run_the_handlers_once(in_threads: InThreads) -> None:
    ids = {connected(age=LIFETIME) for _ in range(6)}
    in_threads(4, lambda number: reaped())
    assert sorted(ended) == sorted((each, "lifetime") for each in ids)
    assert not OpenConnection.objects.exists()


def test_forgotten_sends_are_queued_again(queued: list[int]) -> None:
    with serving(router, BACKGROUND="celery"):
        with transaction.atomic():
            told.send("x", everyone=True)
        send = QueuedSend.objects.get()
        assert "0 sends" in reaped()
        QueuedSend.objects.update(touched_at=timezone.now() - timedelta(hours=1))
        assert "1 sends" in reaped()
    assert queued == [send.pk]


def test_a_run_tells_how_far_workers_are_behind(
    queued: list[int], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "wsrouter.frames")
    assert "Queue: 0." in reaped()
    with serving(router, BACKGROUND="celery"):
        for _ in range(2):
            with transaction.atomic():
                told.send("x", everyone=True)
        first = QueuedSend.objects.earliest("pk")
        first.queued_at = timezone.now() - timedelta(hours=1)
        first.save()
        connected(age=LIFETIME)
        assert "Queue: 2, the oldest for 3,60" in reaped()
    none, two = (
        json.loads(record.getMessage())
        for record in caplog.records
        if record.name == "wsrouter.frames" and '"reap"' in record.getMessage()
    )
    assert (none["outcome"], none["waiting"], none["oldest_seconds"]) == ("done", 0, 0)
    assert (two["lifetime"], two["waiting"], two["told"]) == (1, 2, 0)
    assert 3600 <= two["oldest_seconds"] < 3700


def test_a_run_that_an_engine_has_failed_says_so(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def away(send: int, gateway: str) -> None:
        raise ConnectionError

    caplog.set_level(logging.INFO, "wsrouter.frames")
    monkeypatch.setattr(sender_for, "_engine", lambda name: away if name else None)
    with serving(router, BACKGROUND="celery"):
        with transaction.atomic(), suppress(ConnectionError):
            told.send("x", everyone=True)
        QueuedSend.objects.update(touched_at=timezone.now() - timedelta(hours=1))
        with pytest.raises(ConnectionError):
            reaped()
    line = json.loads(caplog.records[-1].getMessage())
    assert (line["event"], line["outcome"], line["waiting"]) == ("reap", "error", 1)


def test_a_send_that_no_worker_comes_for_is_queued_again_ever_more_rarely(
    queued: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its first task may still be in a queue that is hours long."""
    with serving(router, BACKGROUND="celery"):
        with transaction.atomic():
            told.send("x", everyone=True)
        send, begin = QueuedSend.objects.get().pk, timezone.now()
        minutes: list[int] = []
        for minute in range(1, 61):
            now = begin + timedelta(minutes=minute, seconds=1)
            monkeypatch.setattr(timezone, "now", lambda now=now: now)
            minutes += [minute] * int("1 sends" in reaped())
        assert minutes == [2, 5, 11, 19, 27, 35, 43, 51, 59]
        assert queued == [send] * 9
        for task in ("one", "two"):
            ports.sender().work(send, task, "")
        assert not QueuedSend.objects.exists()


def test_a_worker_that_came_and_died_is_replaced_as_soon_as_ever(
    queued: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    queue = StoredSendQueue()
    with serving(router, BACKGROUND="celery"):
        with transaction.atomic():
            told.send("x", everyone=True)
        send, begin = QueuedSend.objects.get().pk, timezone.now()
        QueuedSend.objects.update(touched_at=begin - timedelta(hours=1))
        assert "1 sends" in reaped()
        assert "0 sends" in reaped()
        assert queue.claim(send, "task", 10) is not None
        later = begin + LEASE + timedelta(minutes=1)
        monkeypatch.setattr(timezone, "now", lambda: later)
        assert "1 sends" in reaped()
    assert queued == [send, send]


def test_a_broker_that_is_away_is_asked_at_the_next_sweep(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def away(send: int, gateway: str) -> None:
        raise ConnectionError("The broker does not answer.")

    queued: list[int] = []
    engines = {"celery": lambda send, gateway: queued.append(send)}
    monkeypatch.setattr(sender_for, "_engine", lambda name: engines[name])
    with serving(router, BACKGROUND="celery"):
        with transaction.atomic():
            told.send("x", everyone=True)
        QueuedSend.objects.update(touched_at=timezone.now() - timedelta(hours=1))
        works, engines["celery"] = engines["celery"], away
    with serving(router, BACKGROUND="celery"):
        with pytest.raises(ConnectionError):
            reaped()
        engines["celery"] = works
    with serving(router, BACKGROUND="celery"):
        assert "1 sends" in reaped()


def test_where_one_broker_is_away_others_get_their_sends(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def away(send: int, gateway: str) -> None:
        asked.append(send)
        raise ConnectionError("The broker does not answer.")

    asked: list[int] = []
    queued: list[int] = []
    engines = {"celery": away, "tasks": lambda send, gateway: queued.append(send)}
    monkeypatch.setattr(sender_for, "_engine", engines.get)
    with serving(router, BACKGROUND="celery"):
        one = settings.WSROUTER["default"]
        other = {**one, "SECRET": "o" * 40, "API_ID": "other", "BACKGROUND": "tasks"}
    with override_settings(WSROUTER={"default": one, "other": other}):
        with transaction.atomic():
            for gateway in ("default", "default", "other"):
                told.send("x", everyone=True, gateway=gateway)
        QueuedSend.objects.update(touched_at=timezone.now() - timedelta(hours=1))
        with pytest.raises(ConnectionError):
            reaped()
    assert (len(asked), len(queued)) == (1, 1)
    assert QueuedSend.objects.filter(resume_after=None).count() == 2


def test_several_machines_queue_a_send_once(
    queued: list[int], in_threads: InThreads
) -> None:
    with serving(router, BACKGROUND="celery"):
        with transaction.atomic():
            for _ in range(5):
                told.send("x", everyone=True)
        QueuedSend.objects.update(touched_at=timezone.now() - timedelta(hours=1))
        queued.clear()
        in_threads(4, lambda number: reaped())
    assert sorted(queued) == sorted(QueuedSend.objects.values_list("pk", flat=True))


@pytest.mark.parametrize("column", ["touched_at", "resume_after"])
def test_a_clock_that_was_wrong_hides_no_send(queued: list[int], column: str) -> None:
    now = timezone.now()
    with serving(router, BACKGROUND="celery"):
        with transaction.atomic():
            told.send("x", everyone=True)
        times = {
            "touched_at": now - timedelta(hours=1),
            column: now + timedelta(days=1),
        }
        QueuedSend.objects.update(**times)
        assert "1 sends" in reaped()
        assert "0 sends" in reaped()


def test_a_gateway_without_an_engine_is_named(
    queued: list[int], caplog: pytest.LogCaptureFixture
) -> None:
    with serving(router, BACKGROUND="celery"), transaction.atomic():
        told.send("x", everyone=True)
    QueuedSend.objects.update(touched_at=timezone.now() - timedelta(hours=1))
    assert "0 sends" in reaped()
    assert "1 queued sends to all gateways wait" in caplog.text


def test_an_impossible_rate() -> None:
    with pytest.raises(CommandError, match="--rate"):
        call_command("ws_reap", rate=0)
