"""Numbers without gaps, visible in their order, whatever commits when; and joins that
miss nothing while events are published."""

import random
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from copy import copy
from random import choice
from threading import Event
from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.db import connection, connections, transaction

from tests.django.conftest import InThreads
from tests.effort import examples
from tests.streams import stream_routes
from tests.streams.stream_routes import Watcher, entry, news, payloads, position
from wsrouter import Connection
from wsrouter.delivery.memory import MemoryTransport
from wsrouter.models import KeptEvent, Stream
from wsrouter.registry.streams import event_numbering
from wsrouter.registry.streams.numbering import StreamKey, give_numbers
from wsrouter.routing.keep import Keep
from wsrouter.wiring import outgoing

pytestmark = [pytest.mark.database, pytest.mark.django_db(transaction=True)]
PATIENCE = 30
Act = Callable[[], object]


def in_another_session(act: Act) -> None:
    """Run it to its end in a thread with a database connection of its own. One that
    waits for the transaction of this thread must not keep it from failing."""

    def run() -> None:
        try:
            act()
        finally:
            connections.close_all()

    pool = ThreadPoolExecutor(1)
    try:
        pool.submit(run).result(PATIENCE)
    finally:
        pool.shutdown(wait=False)


@pytest.fixture
def _two_writers() -> None:
    if connection.vendor == "sqlite":
        pytest.skip("SQLite has one writer at a time.")


@pytest.mark.usefixtures("_two_writers")
def test_the_commit_decides_and_not_the_insert(transport: MemoryTransport) -> None:
    watcher = Watcher(transport)
    watcher.watch("room")
    with transaction.atomic():
        news.send("inserted first", group="room")
        in_another_session(lambda: news.send("committed first", group="room"))
        assert payloads(watcher.frames) == ["committed first"]
        since = position(watcher.frames[0]["stream"])
    found = entry(watcher.watch("room", since=since))
    assert payloads(found["events"]) == ["inserted first"]
    assert [frame["stream"]["seq"] for frame in watcher.frames] == [1, 2]


@pytest.mark.usefixtures("_two_writers")
def test_a_rollback_of_the_first_leaves_no_hole(transport: MemoryTransport) -> None:
    with transaction.atomic():
        news.send("lost", group="room")
        in_another_session(lambda: news.send("a", group="room"))
        transaction.set_rollback(True)
    news.send("b", group="room")
    rows = KeptEvent.objects.order_by("seq").values_list("seq", "payload")
    assert [(seq, bytes(payload)) for seq, payload in rows] == [
        (1, b'"a"'),
        (2, b'"b"'),
    ]


@pytest.mark.usefixtures("_two_writers")
def test_publishers_in_both_orders_do_not_wait_for_each_other(
    transport: MemoryTransport,
) -> None:
    """A publisher holds no lock until it commits."""
    with transaction.atomic():
        news.send("1", group="a")

        def other() -> None:
            with transaction.atomic():
                news.send("2", group="b")
                news.send("2", group="a")

        in_another_session(other)
        news.send("1", group="b")
    assert sorted(Stream.objects.values_list("name", "top")) == [("a", 2), ("b", 2)]


@pytest.mark.usefixtures("_two_writers")
def test_a_reader_never_sees_a_number_before_a_lower_one(
    transport: MemoryTransport,
) -> None:
    """Whoever gives a number holds the stream until the commit."""
    waits, goes_on = Event(), Event()

    def hold() -> None:
        with transaction.atomic():
            key = StreamKey("default", "group", "room")
            give_numbers(key, Keep(), 0, using="default")
            waits.set()
            goes_on.wait(PATIENCE)

    def publish() -> None:
        try:
            news.send("a", group="room")
        finally:
            connections.close_all()

    with ThreadPoolExecutor(2) as pool:
        holding = pool.submit(lambda: (hold(), connections.close_all()))
        assert waits.wait(PATIENCE)
        publishing = pool.submit(publish)
        assert not publishing.done()
        assert not KeptEvent.objects.filter(seq__isnull=False).exists()
        goes_on.set()
        holding.result(PATIENCE)
        publishing.result(PATIENCE)
    assert KeptEvent.objects.get().seq == 1


def test_the_reaper_may_number_what_its_publisher_is_about_to(
    transport: MemoryTransport,
) -> None:
    """Both at the same rows: each number is given once."""
    watcher = Watcher(transport)
    watcher.watch("room")
    store = outgoing.sender().kept.events
    with transaction.atomic():
        news.send("a", group="room")
        rows = list(KeptEvent.objects.all())
    first, second = store.number(rows), store.number(rows)
    assert [event.position.seq for event in first] == [1]
    assert first == second
    assert Stream.objects.get().top == 1


WAITING = {
    "postgresql": "SELECT 1 FROM pg_locks WHERE NOT granted"
    " AND pg_backend_pid() = ANY(pg_blocking_pids(pid))",
    "mysql": "SELECT 1 FROM information_schema.innodb_trx t"
    " JOIN information_schema.processlist p ON p.id = t.trx_mysql_thread_id"
    " WHERE t.trx_state = 'LOCK WAIT' AND p.db = DATABASE()",
}


def a_session_waits() -> bool:
    """For a lock of this one."""
    with connection.cursor() as cursor:
        cursor.execute(WAITING[connection.vendor])
        return cursor.fetchone() is not None


@pytest.mark.usefixtures("_two_writers")
def test_who_waits_for_another_that_numbers_the_same_takes_no_number(
    transport: MemoryTransport,
) -> None:
    watcher = Watcher(transport)
    watcher.watch("room")
    with transaction.atomic():
        transaction.on_commit(number_in_two_sessions)
        news.send("a", group="room")
        news.send("b", group="room")
    assert [frame["stream"]["seq"] for frame in watcher.frames] == [1, 2]
    assert Stream.objects.get().top == 2


def number_in_two_sessions() -> None:
    """The same event, at the same time."""
    row, store = KeptEvent.objects.earliest("pk"), outgoing.sender().kept.events

    def number() -> Any:
        try:
            return store.number([copy(row)])
        finally:
            connections.close_all()

    with ThreadPoolExecutor(1) as pool:
        with transaction.atomic():
            assert event_numbering.number(copy(row), using="default")
            waiting, end = pool.submit(number), time.monotonic() + PATIENCE
            while not a_session_waits():
                assert time.monotonic() < end
                assert not waiting.done()
                time.sleep(0.15)  # MariaDB's answer is older if it is asked more often
        (event,) = waiting.result(PATIENCE)
    assert event.position.seq == 1


GROUPS = "abc"
PUBLISHERS = 3
FOLLOWERS = 3


def publish(number: int, sends: int) -> None:
    """Commits and rollbacks, one group and several, in transactions and without. The
    rows of `Group` are the state of the application."""
    choose = random.Random(number)
    for count in range(sends):
        groups = choose.sample(GROUPS, choose.randint(1, len(GROUPS)))
        text = f"{number}.{count}|{''.join(groups)}"
        if choose.random() < 0.2:
            Group.objects.create(name=text)
            news.send(text, groups=groups)
            continue
        with transaction.atomic():
            Group.objects.create(name=text)
            news.send(text, groups=groups)
            if choose.random() < 0.2:
                transaction.set_rollback(True)


def committed(group: str) -> set[str]:
    names = Group.objects.values_list("name", flat=True)
    return {name for name in names if group in name.partition("|")[2]}


@stream_routes.router.route("follow")
def follow(payload: tuple[str, bool], connection: Connection) -> list[str]:
    """Reads its state before it joins, or after."""
    group, joins_first = payload
    if joins_first:
        connection.join(group)
    state = sorted(committed(group))
    connection.join(group)
    return state


class Follower(Watcher):
    """Joins, and resumes again and again."""

    def follow(self, group: str, choose: random.Random, rounds: int) -> None:
        self.group, self.answers = group, list[Any]()
        for _ in range(rounds):
            self.ask(joins_first=choose.random() < 0.5)
            time.sleep(choose.random() * 0.01)  # the publishers go on

    def ask(self, *, joins_first: bool = True) -> None:
        since = position(entry(self.answers[-1])) if self.answers else {}
        frame = self.send("follow", [self.group, joins_first], id="1", since=since)
        self.answers.append(frame)

    def check(self) -> None:
        """What was committed is in the state of the first answer, or comes once, in
        order; and what came by post is the same."""
        self.ask()
        entries = list(map(entry, self.answers))
        assert all(found["recovered"] for found in entries)
        replayed = [event for found in entries for event in found["events"]]
        first = entries[0]["seq"] - len(entries[0]["events"])
        numbers = [event["stream"]["seq"] for event in replayed]
        assert numbers == list(range(first + 1, entries[-1]["seq"] + 1))
        known = {*self.answers[0]["payload"], *payloads(replayed)}
        assert known >= committed(self.group)
        by_number = dict(zip(numbers, replayed, strict=True))
        for frame in self.frames:
            seq = frame["stream"]["seq"]
            assert by_number.get(seq, frame) == frame
            assert seq <= numbers[-1] if numbers else True


def test_in_any_order(transport: MemoryTransport, in_threads: InThreads) -> None:
    sends = examples(12)
    followers = [Follower(transport) for _ in range(FOLLOWERS)]

    def act(number: int) -> None:
        if number < PUBLISHERS:
            publish(number, sends)
        else:
            follower = followers[number - PUBLISHERS]
            follower.follow(choice(GROUPS), random.Random(number), sends // 2)

    in_threads(PUBLISHERS + FOLLOWERS, act)
    for follower in followers:
        follower.check()
    for stream in Stream.objects.all():
        rows = KeptEvent.objects.filter(stream=stream).order_by("seq")
        numbers = list(rows.values_list("seq", flat=True))
        assert numbers == list(range(1, stream.top + 1))
    assert not KeptEvent.objects.filter(seq=None).exists()
    assert not KeptEvent.objects.filter(posted_at=None).exists()
