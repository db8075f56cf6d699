"""Sends that are carried out by workers, slice by slice; the queue is a list here."""

from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.db import transaction
from django.utils import timezone

from tests.django.events import serving
from wsrouter import Delivery, Report, Router
from wsrouter.delivery.background import MAX_PARALLEL_SLICES
from wsrouter.delivery.memory import MemoryTransport
from wsrouter.delivery.ports import PostResult, PostStatus
from wsrouter.models import Membership, OpenConnection, QueuedSend, QueuedSlice
from wsrouter.routing import ports
from wsrouter.routing.delivery import Status
from wsrouter.routing.ports import Address
from wsrouter.testing.substitution import substituted
from wsrouter.wiring import outgoing, sender_for

pytestmark = [pytest.mark.database, pytest.mark.django_db(transaction=True)]
router = Router()
news = router.event("news", str)
SIZE = 10


class Killed(BaseException):
    """What a process that is killed does not survive."""


class Wire(MemoryTransport):
    """Counts the posts; may kill the worker that makes them."""

    def __init__(self) -> None:
        super().__init__()
        self.got: Counter[str] = Counter()
        self.frames: set[bytes] = set()
        self.kill_at = 0

    def post(self, address: Address, data: bytes) -> PostResult:
        self.got[address.connection_id] += 1
        self.frames.add(data)
        if self.got.total() == self.kill_at:
            raise Killed
        if address.connection_id.startswith("gone"):
            return PostResult(PostStatus.GONE, "gone")
        return PostResult(PostStatus.DELIVERED)


class Queue:
    """Tasks by number; the ones that died come back as they were."""

    def __init__(self) -> None:
        self.waiting: list[tuple[str, int, str]] = []
        self.count = 0

    def put(self, send: int, gateway: str) -> None:
        self.count += 1
        self.waiting.append((f"task {self.count}", send, gateway))

    def run_one(self) -> None:
        task_id, send, gateway = self.waiting[0]
        ports.sender().work(send, task_id, gateway)
        self.waiting.pop(0)

    def run(self) -> int:
        runs = 0
        while self.waiting:
            self.run_one()
            runs += 1
        return runs


@pytest.fixture
def queue(monkeypatch: pytest.MonkeyPatch) -> Queue:
    made = Queue()
    monkeypatch.setattr(sender_for, "_engine", lambda name: made.put if name else None)
    return made


@pytest.fixture
def wire() -> Iterator[Wire]:
    wire = Wire()
    options = {"SEND_RECIPIENTS": 25, "SLICE_RECIPIENTS": SIZE}
    with (
        serving(router, BACKGROUND="celery", **options),
        substituted(transport=wire, secret=""),
    ):
        yield wire


def members(count: int, group: str = "g", prefix: str = "id") -> list[str]:
    """So many connections in a group, older than the handshake grace."""
    now = timezone.now()
    ids = [f"{prefix}{number:04d}=" for number in range(count)]
    rows = [
        OpenConnection(
            connection_id=connection_id,
            gateway="default",
            connected_at=now,
            expires_at=now + timedelta(hours=1),
        )
        for connection_id in ids
    ]
    OpenConnection.objects.bulk_create(rows, ignore_conflicts=True)
    OpenConnection.objects.update(stored_at=now - timedelta(minutes=1))
    Membership.objects.bulk_create(
        Membership.of(row, group)
        for row in OpenConnection.objects.filter(connection_id__in=ids)
    )
    return ids


@pytest.fixture(autouse=True)
def _small_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("wsrouter.registry.recipient_pages.PAGE", 7)


def test_few_recipients_are_served_at_once(wire: Wire, queue: Queue) -> None:
    members(25)
    delivery = news.send("x", group="g")
    assert delivery.report == Report(delivered=25)
    assert not queue.waiting


def test_the_event_has_one_id_in_all_slices_and_retries(
    wire: Wire, queue: Queue
) -> None:
    ids = members(60)
    news.send("x", group="g")
    wire.kill_at = 35
    with pytest.raises(Killed):
        queue.run()
    queue.run()
    assert set(wire.got) == set(ids)
    assert wire.got.total() > len(ids)
    assert len(wire.frames) == 1


def test_a_bound_that_is_less_than_a_page_holds(
    wire: Wire, queue: Queue, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("wsrouter.registry.recipient_pages.PAGE", 1000)
    members(26)
    assert news.send("x", group="g").status is Status.QUEUED
    assert not wire.got


def test_groups_that_overlap_are_counted_once(wire: Wire, queue: Queue) -> None:
    for name in "abc":
        members(20, name)
    assert news.send("x", groups=list("abc")).report == Report(delivered=20)
    members(26, "d")
    assert news.send("x", groups=list("abcd")).status is Status.QUEUED


def test_many_recipients_are_served_in_slices(
    wire: Wire, queue: Queue, deliveries: list[Delivery]
) -> None:
    ids = members(95) + members(3, prefix="gone")
    delivery = news.send("x", group="g")
    assert (delivery.status, delivery.report) == (Status.QUEUED, None)
    assert not wire.got
    queue.run()
    assert wire.got == Counter(ids)
    report = Report(delivered=95, gone=3, reasons={"gone": 3})
    assert deliveries == [Delivery(event="news", status=Status.DONE, report=report)]
    assert report.recipients == len(ids)
    assert not QueuedSend.objects.exists()
    assert OpenConnection.objects.count() == 95


def test_several_groups_reach_each_connection_once(
    wire: Wire, queue: Queue, deliveries: list[Delivery]
) -> None:
    ids = members(40, "a")
    members(60, "b")
    members(20, "c", "other")
    news.send("x", groups=["a", "b", "c"], exclude=ids[0])
    queue.run()
    assert set(wire.got.values()) == {1}
    assert wire.got.total() == 79
    assert deliveries[0].report == Report(delivered=79)


@pytest.fixture
def killed(wire: Wire, queue: Queue) -> list[str]:
    """The recipients of a send whose worker was killed at the 47th post."""
    ids = members(95)
    news.send("x", group="g")
    wire.kill_at = 47
    with pytest.raises(Killed):
        queue.run()
    return ids


def test_a_killed_worker_loses_nobody_and_repeats_one_slice_at_most(
    killed: list[str], wire: Wire, queue: Queue, deliveries: list[Delivery]
) -> None:
    queue.run()
    assert set(wire.got) == set(killed)
    assert 95 < wire.got.total() <= 95 + SIZE
    assert deliveries[0].report == Report(delivered=95)


def test_a_lost_task_is_taken_over_when_its_lease_is_over(
    killed: list[str], wire: Wire, queue: Queue, deliveries: list[Delivery]
) -> None:
    queue.waiting.pop(0)
    queue.run()
    assert len(wire.got) < 95
    assert deliveries == []
    send = QueuedSend.objects.get().pk
    queue.put(send, "")
    queue.run()
    assert deliveries == [], "A slice that may be under way is not taken over."
    QueuedSlice.objects.update(leased_until=timezone.now())
    queue.put(send, "")
    queue.run()
    assert set(wire.got) == set(killed)
    assert wire.got.total() <= 95 + SIZE
    assert deliveries[0].report == Report(delivered=95)


def test_tasks_that_come_twice_do_no_harm(
    wire: Wire, queue: Queue, deliveries: list[Delivery]
) -> None:
    members(95)
    news.send("x", group="g")
    for _ in range(30):
        if queue.waiting:
            queue.waiting.append(queue.waiting[0])
            queue.run_one()
    queue.run()
    assert set(wire.got.values()) == {1}
    assert len(deliveries) == 1


def test_no_more_slices_than_allowed_are_under_way(wire: Wire, queue: Queue) -> None:
    members(95)
    news.send("x", group="g")
    send = QueuedSend.objects.get().pk
    background = outgoing.sender().policy("").background
    assert background is not None
    most = MAX_PARALLEL_SLICES
    claims = [background.queue.claim(send, f"{n}", SIZE) for n in range(most + 2)]
    assert [claim is None for claim in claims] == [False] * most + [True] * 2


def test_whoever_takes_over_from_the_dead_queues_a_task_for_each(
    wire: Wire, queue: Queue, deliveries: list[Delivery]
) -> None:
    """As many slices are under way as before they died."""
    members(95)
    news.send("x", group="g")
    send = QueuedSend.objects.get().pk
    background = outgoing.sender().policy("").background
    assert background is not None
    for task in range(MAX_PARALLEL_SLICES):
        assert background.queue.claim(send, f"dead {task}", SIZE) is not None
    QueuedSlice.objects.update(leased_until=timezone.now())
    queue.waiting.clear()
    queue.put(send, "")
    most = 0
    while queue.waiting:
        queue.run_one()
        most = max(most, len(queue.waiting))
    assert most >= MAX_PARALLEL_SLICES
    assert set(wire.got.values()) == {1}
    assert deliveries[0].report == Report(delivered=95)


def test_a_deferred_send_is_part_of_the_transaction(
    wire: Wire, queue: Queue, deliveries: list[Delivery]
) -> None:
    members(3)
    with transaction.atomic():
        assert news.send("x", group="g").status is Status.DEFERRED
        assert QueuedSend.objects.count() == 1
        assert not queue.waiting
    assert len(queue.waiting) == 1
    queue.run()
    assert deliveries[0].report == Report(delivered=3)
    with transaction.atomic():
        news.send("x", group="g")
        transaction.set_rollback(True)
    assert not queue.waiting
    assert not QueuedSend.objects.exists()


def test_a_send_to_one_user_survives_the_queue(
    wire: Wire, queue: Queue, deliveries: list[Delivery], django_user_model: Any
) -> None:
    ada = django_user_model.objects.create_user("ada")
    ids = members(3)
    OpenConnection.objects.filter(connection_id=ids[0]).update(user=ada)
    with transaction.atomic():
        news.send("x", user=ada)
    queue.run()
    assert wire.got == Counter(ids[:1])


def test_sends_to_many_users_are_sliced_too(
    wire: Wire, queue: Queue, monkeypatch: Any, django_user_model: Any
) -> None:
    monkeypatch.setattr("wsrouter.registry.recipient_pages.KEYS", 3)
    make = django_user_model.objects.create_user
    users = [make(f"user {number}") for number in range(20)]
    ids = members(40)
    for number, user in enumerate(users):
        mine = ids[number * 2 : number * 2 + 2]
        OpenConnection.objects.filter(connection_id__in=mine).update(user=user)
    assert news.send("x", users=users, exclude=users[0]).status is Status.QUEUED
    queue.run()
    assert wire.got == Counter(ids[2:])
    wire.got.clear()
    assert news.send("x", connections=ids).status is Status.QUEUED
    queue.run()
    assert wire.got == Counter(ids)


def test_without_an_engine_there_is_no_limit_but_time(
    wire: Wire, queue: Queue, deliveries: list[Delivery]
) -> None:
    members(60)
    with (
        serving(router, SEND_RECIPIENTS=25),
        substituted(transport=wire, secret=""),
    ):
        assert news.send("x", group="g").report == Report(delivered=60)
        with transaction.atomic():
            assert news.send("x", everyone=True).status is Status.DEFERRED
    assert [each.report for each in deliveries] == [Report(delivered=60)] * 2
    assert not QueuedSend.objects.exists()


def test_what_is_out_of_time_is_in_the_report(wire: Wire, queue: Queue) -> None:
    members(60)
    with (
        serving(router, POSTS_PER_SECOND=20, SEND_SECONDS=0.5),
        substituted(transport=wire, secret=""),
    ):
        report = news.send("x", group="g").report
    assert report is not None
    assert 1 <= report.delivered < 30
    assert report.reasons == {"out_of_time": 60 - report.delivered}
    assert report.recipients == 60


def test_stalled_sends_are_found(wire: Wire, queue: Queue) -> None:
    members(30)
    news.send("x", group="g")
    background = outgoing.sender().policy("").background
    assert background is not None
    assert list(background.queue.stalled()) == []
    long_ago = timezone.now() - timedelta(hours=1)
    QueuedSend.objects.update(touched_at=long_ago)
    send = QueuedSend.objects.get().pk
    assert [each[:2] for each in background.queue.stalled()] == [(send, "")]
    background.queue.claim(send, "another task", SIZE)
    QueuedSend.objects.update(touched_at=long_ago)
    assert list(background.queue.stalled()) == []
