"""`wsrouter.ping` with `since`: all streams of a connection, and its user's own."""

import pytest
from django.contrib.auth.models import User
from django.core.cache import cache
from django.db import connection as database
from django.test.utils import CaptureQueriesContext

from tests.django.events import error_of
from tests.streams.stream_routes import Watcher, news, payloads, position
from wsrouter.delivery.memory import MemoryTransport
from wsrouter.models import Membership, OpenConnection, Stream

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


def test_a_connection_may_ask_sixty_times_a_minute(transport: MemoryTransport) -> None:
    cache.clear()
    watcher = Watcher(transport)
    answers = [watcher.ping(since={}) for _ in range(70)]
    refused = [frame for frame in answers if frame["type"] == "error"]
    assert 10 <= len(refused) < 70
    assert {error_of(frame)["code"] for frame in refused} <= {"throttled"}
