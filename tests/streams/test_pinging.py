"""`wsrouter.ping` with `since`: all streams of a connection, and its user's own."""

import pytest
from django.contrib.auth.models import User
from django.core.cache import cache
from django.db import connection as database
from django.test.utils import CaptureQueriesContext
from pydantic_core import to_json

from tests.django.events import error_of
from tests.streams.stream_routes import Watcher, news, payloads, position
from wsrouter.delivery.memory import MemoryTransport
from wsrouter.models import Membership, OpenConnection, Stream
from wsrouter.wire import limits

pytestmark = [pytest.mark.database, pytest.mark.django_db(transaction=True)]


def test_a_lost_last_event_is_found(transport: MemoryTransport, user: User) -> None:
    watcher = Watcher(transport, user)
    watcher.watch("room", "other")
    first = watcher.ping(since={})["streams"]
    assert len(first) == 3, "two groups and the user"
    assert all(found["recovered"] and not found["events"] for found in first)
    since = {}
    for found in first:
        since |= position(found)
    news.send("a", group="room")
    news.send("b", user=user)
    streams = watcher.ping(since=since)["streams"]
    assert [found["id"] for found in streams] == list(since)
    events = [event for found in streams for event in found["events"]]
    assert sorted(payloads(events)) == ["a", "b"]
    assert watcher.ping(since={})["payload"] == {}


def test_a_group_that_was_left_is_not_told(transport: MemoryTransport) -> None:
    watcher = Watcher(transport)
    since = {}
    for found in watcher.watch("room", "other")["streams"]:
        since |= position(found)
    Membership.objects.filter(group="room").delete()
    (found,) = watcher.ping(since=since)["streams"]
    assert found["id"] == Stream.objects.get(name="other").public_id


def test_an_anonymous_connection_has_no_stream_of_its_own(
    transport: MemoryTransport,
) -> None:
    assert Watcher(transport).ping(since={})["streams"] == []
    assert not Stream.objects.exists()


def test_it_costs_one_query_and_one_for_events(
    transport: MemoryTransport, user: User
) -> None:
    watcher = Watcher(transport, user)
    watcher.watch("room", "other")
    since = {}
    for found in watcher.ping(since={})["streams"]:
        since |= position(found)
    with CaptureQueriesContext(database) as queries:
        watcher.ping(since=since)
    assert len(queries) == 1
    news.send("a", groups=["room", "other"])
    with CaptureQueriesContext(database) as queries:
        watcher.ping(since=since)
    assert len(queries) == 2
    with CaptureQueriesContext(database) as queries:
        watcher.send("wsrouter.ping", id="3")
    assert len(queries) == 0


def test_it_needs_an_identity_that_holds(
    transport: MemoryTransport, user: User
) -> None:
    watcher = Watcher(transport, user)
    User.objects.update(is_active=False)
    frame = watcher.ping(since={})
    assert error_of(frame)["code"] == "not_authenticated"
    assert frame["id"] == "2"
    OpenConnection.objects.all().delete()
    assert error_of(watcher.ping(since={}))["code"] == "connection_unknown"
    assert watcher.send("wsrouter.ping", id="3")["payload"] == {}


@pytest.mark.usefixtures("one_window")
def test_a_connection_may_ask_sixty_times_a_minute(transport: MemoryTransport) -> None:
    cache.clear()
    watcher = Watcher(transport)
    answers = [watcher.ping(since={}) for _ in range(70)]
    refused = [frame for frame in answers if frame["type"] == "error"]
    assert len(refused) == 10
    assert {error_of(frame)["code"] for frame in refused} <= {"throttled"}


def test_a_full_reply_with_as_many_streams_as_one_tells_of(
    transport: MemoryTransport,
) -> None:
    watcher = Watcher(transport)
    names = [f"group {number}" for number in range(300)]
    told = watcher.watch(*names)["streams"]
    Stream.objects.update(top=10**9)
    since = {}
    for found in told[:100]:
        since |= {found["id"]: {"epoch": found["epoch"], "seq": 10**9}}
    sizes = [50_000, 40_000, *range(4000, 198, -39)]
    for name, size in zip(names[:100], sizes, strict=True):
        news.send("x" * size, group=name)
    frame = {"action": "wsrouter.ping", "id": "2", "since": since}
    body = watcher.text("wsrouter.ping", to_json(frame)).content
    assert 120_000 < len(body) <= limits.MESSAGE_BYTES


def test_a_message_that_joins_more_groups_than_a_reply_tells_of(
    transport: MemoryTransport,
) -> None:
    reply = Watcher(transport).watch(*(f"group {number}" for number in range(1100)))
    assert (reply["payload"], len(reply["streams"])) == (1100, 300)


def test_groups_whose_names_are_longer_than_a_list_may_be(
    transport: MemoryTransport, user: User
) -> None:
    if database.vendor == "mysql":
        with database.cursor() as cursor:
            cursor.execute("SET SESSION group_concat_max_len = 1024")
    watcher = Watcher(transport, user)
    names = [f"{'name' * 60} {number}" for number in range(10)]
    since = position(watcher.watch(*names)["streams"][-1])
    news.send("a", group=names[-1])
    first, *others = watcher.ping(since=since)["streams"]
    assert payloads(first["events"]) == ["a"]
    assert len(others) == len(names[1:]) + 1, "and the user's own"


def test_one_that_would_never_fit_is_a_gap(transport: MemoryTransport) -> None:
    watcher = Watcher(transport)
    names = [f"group {number}" for number in range(300)]
    since = position(watcher.watch(*names)["streams"][0])
    for _ in range(2):
        news.send("x" * 49_000, group=names[0])
    first = watcher.ping(since=since)["streams"][0]
    assert (first["recovered"], first.get("again")) == (False, None)
    Membership.objects.exclude(group=names[0]).delete()
    (found,) = watcher.ping(since=since)["streams"]
    assert (found["recovered"], len(found["events"])) == (True, 2)
