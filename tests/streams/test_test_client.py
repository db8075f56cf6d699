"""`wsrouter.testing.WebSocketClient` follows streams as real clients do."""

import gc
from collections.abc import Iterator
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import transaction
from django.test import TestCase, TransactionTestCase

from tests.django.client_routes import assert_real_transport
from tests.django.events import serving
from tests.streams.stream_routes import news, passing, router
from wsrouter import Connection, Router, streams
from wsrouter.models import KeptEvent
from wsrouter.testing import ErrorFrame, Gap, WebSocketClient


@pytest.fixture(autouse=True)
def served(db: None) -> Iterator[None]:
    with serving(router):
        yield
    gc.collect()
    assert_real_transport()


def told(client: WebSocketClient) -> list[Any]:
    """The payloads of the events that have come, which are taken out."""
    frames = client.frames
    for _ in frames:
        client.receive()
    return [frame["payload"] for frame in frames]


def everything(user: User) -> None:
    with WebSocketClient(user) as client:
        watching = client.subscribe("watch", ["room", "hall:a"])
        assert watching.reply == 2
        news.send("1", group="room")
        frame = client.receive("news")
        assert frame["stream"]["seq"] == 1
        first = client.connection_id
        with client.offline():
            with transaction.atomic():
                news.send("2", group="room")
            news.send("3", groups=["room", "hall:a"])
            passing.send("not kept", group="room")
        assert client.connection_id != first
        assert sorted(told(client)) == ["2", "3"]
        with client.lost_posts():
            news.send("4", group="room")
            with transaction.atomic():
                news.send("5", group="hall:a")
        assert client.frames == []
        news.send("6", group="room")
        assert sorted(told(client)) == ["4", "5", "6"]
        assert client.gaps == []
        client.force_gap("room")
        assert client.gaps == []
        client.reconnect()
        assert client.gaps == [Gap("room", "watch", ["room", "hall:a"])]
        news.send("7", group="room")
        assert told(client) == ["7"]
        client.force_gap()
        client.reconnect()
        assert sorted(gap.group for gap in client.gaps[1:]) == ["", "hall:a", "room"]
        with pytest.raises(AssertionError, match="follows no stream of the group 'x'"):
            client.force_gap("x")


class InATestCase(TestCase):
    def test_everything(self) -> None:
        everything(User.objects.create_user("ada"))


class InATransactionTestCase(TransactionTestCase):
    def test_everything(self) -> None:
        everything(User.objects.create_user("ada"))


@pytest.mark.parametrize("envelope", ["nested", "flat"])
def test_both_envelopes(envelope: str) -> None:
    other = Router()
    event = other.event("news", str, keep=news.keep)

    @other.route("watch")
    def watch(payload: dict[str, str], connection: Connection) -> str:
        connection.join(payload["name"])
        return payload["name"]

    with serving(other, ENVELOPE=envelope), WebSocketClient() as client:
        assert client.subscribe("watch", {"name": "room"}).reply == "room"
        with client.offline():
            event.send("a", group="room")
        assert told(client) == ["a"]
        client.force_gap()
        event.send("b", group="room")
        assert client.gaps == [Gap("room", "watch", {"name": "room"})]
        assert told(client) == []
        event.send("c", group="room")
        assert told(client) == ["c"]


def test_a_lost_last_event_is_found_by_a_ping() -> None:
    with WebSocketClient() as client:
        client.subscribe("watch", ["room"])
        with client.lost_posts():
            news.send("a", group="room")
        assert told(client) == []
        client.ping()
        assert told(client) == ["a"]


def test_the_users_own_stream(user: User) -> None:
    with WebSocketClient(user, since={}) as client:
        news.send("a", user=user)
        assert told(client) == ["a"]
        with client.offline():
            news.send("b", user=user)
        assert told(client) == ["b"]
        client.force_gap()
        client.reconnect()
        assert client.gaps == [Gap("")]


def test_positions_of_a_page() -> None:
    since = streams.positions(groups=["room", "hall:a"])
    news.send("a", group="room")
    news.send("b", group="hall:a")
    with WebSocketClient(since=since) as client:
        client.subscribe("watch", ["room"])
        assert told(client) == ["a"]
        client.subscribe("watch", ["hall:a"])
        assert told(client) == ["b"]
    client = WebSocketClient().connect()
    client.subscribe("watch", ["room"], since=since)
    assert told(client) == ["a"]


def test_who_was_excluded_has_no_gap(user: User) -> None:
    with WebSocketClient(user) as client:
        client.subscribe("watch", ["room"])
        news.send("a", group="room", exclude=[user])
        news.send("b", group="room")
        assert told(client) == ["b"]
        with client.offline():
            news.send("c", group="room", exclude=[user])
        assert (told(client), client.gaps) == ([], [])


def test_a_subscription_that_is_refused() -> None:
    banned: set[str] = set()
    other = Router()
    event = other.event("news", str, keep=news.keep)

    @other.group("hall:{name}", client_may_join=True)
    def may_enter(name: str) -> bool:
        return name not in banned

    with serving(other), WebSocketClient() as client:
        client.subscribe("wsrouter.join", {"groups": ["hall:a"]})
        client.subscribe("wsrouter.join", {"groups": ["hall:b"]})
        banned.add("a")
        with pytest.raises(ErrorFrame, match="permission_denied"):
            client.subscribe("wsrouter.join", {"groups": ["hall:a"]})
        event.send("1", groups=["hall:a", "hall:b"])
        assert told(client) == ["1"]
        client.disconnect()
        event.send("2", groups=["hall:a", "hall:b"])
        with pytest.raises(ErrorFrame, match="permission_denied"):
            client.reconnect()
        assert told(client) == ["2"]
        event.send("3", group="hall:a")
        assert told(client) == []
        assert client.gaps == [], "the refusal has told"


def test_what_is_repeated_no_more_is_not_missed() -> None:
    with WebSocketClient() as client:
        ended = client.subscribe("watch", ["room"])
        client.subscribe("watch", ["hall:a"])
        client.unsubscribe(ended)
        with client.offline():
            news.send("a", group="room")
            news.send("b", group="hall:a")
        assert (told(client), client.gaps) == (["b"], [])


def test_groups_of_a_plain_call_are_gone() -> None:
    """As with real clients: they belong to the connection."""
    with WebSocketClient() as client:
        client.call("watch", ["room"])
        client.reconnect()
        assert client.gaps == [Gap("room")]


def test_where_events_are_gone_because_they_are_too_old() -> None:
    with WebSocketClient() as client:
        client.subscribe("watch", ["room"])
        with client.offline():
            news.send("a", group="room")
            KeptEvent.objects.all().delete()
            news.send("b", group="room")
            KeptEvent.objects.update(numbered_ms=0)  # well before the message
        assert client.gaps == [Gap("room", "watch", ["room"])]
        assert told(client) == []


def test_without_pings_what_does_not_come_is_a_gap() -> None:
    other = Router()
    event = other.event("news", str, keep=news.keep)

    @other.route("watch-")
    def watch(payload: str, connection: Connection) -> None:
        connection.join(payload)

    options = {
        "ROUTE_SELECTION_EXPRESSION": "${request.body.action}-${request.body.b}",
        "DEFAULT_ROUTE": False,
    }
    with serving(other, **options), WebSocketClient() as client:
        client.subscribe("watch", "room")
        with client.lost_posts():
            event.send("a", group="room")
        event.send("b", group="room")
        assert told(client) == ["b"]
        client.reconnect()
        assert client.gaps == [Gap("room", "watch", "room")]


def test_connecting_begins_anew() -> None:
    client = WebSocketClient()
    with client:
        client.subscribe("watch", ["room"])
    news.send("a", group="room")
    with client:
        assert (told(client), client.gaps) == ([], [])
    with pytest.raises(AssertionError, match=r"Call connect\(\) first"):
        WebSocketClient().reconnect()


def test_a_handshake_that_is_another() -> None:
    client = WebSocketClient().connect(source_ip="203.0.113.9")
    client.subscribe("watch", ["room"])
    client.disconnect()
    news.send("a", group="room")
    assert client.reconnect(user_agent="Mozilla/5.0").is_open
    assert told(client) == ["a"]
