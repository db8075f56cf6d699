"""What a send of a kept event does: its number, its frames, its commit."""

import re
from collections.abc import Iterator
from contextlib import nullcontext
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from tests.django.events import Gateway, serving
from tests.streams import stream_routes
from tests.streams.stream_routes import Watcher, entry, news, passing, payloads
from wsrouter import Connection, Delivery, Event, EventTooLarge, Keep, Router
from wsrouter.delivery.memory import MemoryTransport
from wsrouter.models import KeptEvent, Stream
from wsrouter.routing.delivery import Status

pytestmark = [pytest.mark.database, pytest.mark.django_db(transaction=True)]


def numbers(frames: Any) -> list[int]:
    return [frame["stream"]["seq"] for frame in frames]


def test_the_frame_of_a_kept_event(transport: MemoryTransport) -> None:
    watcher = Watcher(transport)
    watcher.watch("room")
    report = news.send("ü", group="room").report
    assert report is not None
    assert report.delivered == 1
    (frame,) = watcher.socket.frames
    shape = (
        '\\{"type":"news","id":"[0-9a-f]{16}","payload":"ü",'
        '"stream":\\{"id":"[\\w-]{22}","epoch":"[0-9a-f]{8}","seq":1}}'
    )
    assert re.fullmatch(shape, frame.decode())


def test_each_group_and_each_user_counts_for_itself(
    transport: MemoryTransport, user: User
) -> None:
    watcher = Watcher(transport, user)
    watcher.watch("room", f"user:{user.pk}")
    for _ in range(2):
        news.send("a", groups=["room", f"user:{user.pk}"])
    news.send("b", user=user)
    found: dict[str, list[int]] = {}
    for frame in watcher.frames:
        found.setdefault(frame["stream"]["id"], []).append(frame["stream"]["seq"])
    assert sorted(found.values()) == [[1], [1, 2], [1, 2]]
    ids = [frame["id"] for frame in watcher.frames]
    assert len(set(ids)) == 3, "one id for all rows of a send"
    assert sorted(Stream.objects.values_list("kind", "name", "top")) == [
        ("group", "room", 2),
        ("group", f"user:{user.pk}", 2),
        ("user", str(user.pk), 1),
    ]


def test_a_send_to_a_connection_is_not_kept(transport: MemoryTransport) -> None:
    watcher = Watcher(transport)
    news.send("a", connection=watcher.id)
    (frame,) = watcher.frames
    assert "stream" not in frame
    assert not KeptEvent.objects.exists()


def test_what_cannot_be_kept_is_refused(transport: MemoryTransport) -> None:
    with pytest.raises(TypeError, match="'news' is kept, and cannot be sent to every"):
        news.send("a", everyone=True)
    with pytest.raises(ValueError, match="500 of them is the most"):
        news.send("a", groups=map(str, range(501)))
    with pytest.raises(EventTooLarge, match="a kept event has 65536 at most"):
        news.send("x" * 65400, group="room")
    with (
        pytest.raises(TypeError, match="gets its number after the commit"),
        transaction.atomic(),
    ):
        news.send("a", group="room", now=True)
    assert not KeptEvent.objects.exists()
    assert news.send("x" * 65200, group="room").status == Status.DONE


def test_it_has_a_number_after_the_commit(
    transport: MemoryTransport, deliveries: list[Delivery]
) -> None:
    watcher = Watcher(transport)
    watcher.watch("room")
    with transaction.atomic():
        assert news.send("a", group="room").status == Status.DEFERRED
        assert KeptEvent.objects.get().seq is None
        assert not deliveries
    assert numbers(watcher.frames) == [1]
    row = KeptEvent.objects.get()
    assert (row.seq, row.posted_at is None) == (1, False)
    assert [
        delivery.report and delivery.report.delivered for delivery in deliveries
    ] == [1]


def test_a_rollback_takes_no_number(transport: MemoryTransport) -> None:
    watcher = Watcher(transport)
    watcher.watch("room")
    with transaction.atomic():
        news.send("lost", group="room")
        transaction.set_rollback(True)
    with transaction.atomic():
        news.send("a", group="room")
        with transaction.atomic():
            news.send("lost too", group="room")
            transaction.set_rollback(True)
        news.send("b", group="room")
    assert payloads(watcher.frames) == ["a", "b"]
    assert numbers(watcher.frames) == [1, 2]
    assert KeptEvent.objects.count() == 2


def test_the_excluded_get_a_marker_with_the_number(
    transport: MemoryTransport, user: User, other: User
) -> None:
    watchers = [Watcher(transport, each) for each in (user, other, None)]
    for watcher in watchers:
        watcher.watch("room")
    news.send("a", group="room", exclude=[user, watchers[2].id])
    first, second, third = (watcher.frames for watcher in watchers)
    assert payloads(second) == ["a"]
    for frames in (first, third):
        assert frames == [{"type": "wsrouter.skipped", "stream": second[0]["stream"]}]


def test_the_excluded_get_it_again_when_they_come_back(
    transport: MemoryTransport, user: User
) -> None:
    watcher = Watcher(transport, user)
    since = {entry(watcher.watch("room"))["id"]: {"epoch": "", "seq": 0}}
    (stream,) = since
    since[stream]["epoch"] = Stream.objects.get().epoch
    news.send("a", group="room", exclude=user)
    news.send("b", group="room", exclude=watcher.id)
    same, again = watcher.watch("room", since=since), Watcher(transport, user)
    assert payloads(entry(same)["events"]) == [None, None]
    events = entry(again.watch("room", since=since))["events"]
    assert payloads(events) == [None, "b"], "another connection was excluded"


@pytest.fixture
def connecting(transport: MemoryTransport) -> Iterator[Router]:
    """Whoever connects joins the room."""
    found = Router()
    found.route("watch")(stream_routes.watch)

    @found.connect
    def opened(connection: Connection) -> None:
        connection.join("room")

    with serving(found):
        yield found


def test_the_excluded_who_is_connecting_stays_connected(
    transport: MemoryTransport, connecting: Router, user: User
) -> None:
    kept = connecting.event("kept", str, keep=Keep())

    @connecting.connect
    def sent(connection: Connection) -> None:
        kept.send("a", group="room", exclude=connection.user)

    assert entry(Watcher(transport, user).watch("room"))["seq"] == 1


def test_the_excluded_whose_socket_is_not_open_yet_stays_connected(
    connecting: Router, user: User
) -> None:
    kept = connecting.event("kept", str, keep=Keep())
    gateway = Gateway()
    assert gateway.connect(user).status_code == 200
    kept.send("a", group="room", exclude=user)
    assert entry(gateway.send("watch", ["room"], id="1"))["seq"] == 1


def test_nothing_is_stored_for_an_event_without_keep(
    transport: MemoryTransport,
) -> None:
    watcher = Watcher(transport)
    watcher.watch("room")
    passing.send("a", group="room")
    assert "stream" not in watcher.frames[0]
    assert not KeptEvent.objects.exists()


def test_a_handler_sends_after_its_reply(
    transport: MemoryTransport, atomic_requests: None
) -> None:
    watcher, teller = Watcher(transport), Watcher(transport)
    watcher.watch("room")
    assert teller.send("tell", "a", id="1")["payload"] == "deferred"
    assert payloads(watcher.frames) == ["a"]


@pytest.mark.parametrize("in_transaction", [False, True])
def test_it_costs_four_statements_and_two_commits_at_most(
    transport: MemoryTransport, in_transaction: bool
) -> None:
    """More than the same event without `keep`."""
    watcher = Watcher(transport)
    watcher.watch("room")
    news.send("first", group="room")
    plain, kept = (costs(event, in_transaction) for event in (passing, news))
    assert kept[0] - plain[0] <= 4
    assert kept[1] - plain[1] <= 2


def costs(event: Event[str], in_transaction: bool) -> tuple[int, int]:
    """Statements, and transactions that write."""
    around = transaction.atomic() if in_transaction else nullcontext()
    with CaptureQueriesContext(connection) as queries, around:
        event.send("x", group="room")
    statements, commits, is_open = 0, 0, False
    for each in queries.captured_queries:
        first = each["sql"].split()[0]
        is_open = first == "BEGIN" or (is_open and first != "COMMIT")
        statements += first not in ("BEGIN", "COMMIT")
        commits += first == "COMMIT" or (
            not is_open and first in ("INSERT", "UPDATE", "WITH")
        )
    return statements, commits
