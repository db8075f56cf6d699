"""What the reply tells of the streams of the groups that its message has joined."""

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection as database
from django.db import transaction
from django.test.utils import CaptureQueriesContext

from tests.django.events import Gateway, error_of, serving
from tests.streams.stream_routes import (
    Watcher,
    entry,
    meanwhile,
    news,
    passing,
    payloads,
    position,
    router,
)
from wsrouter import Connection, Router
from wsrouter.delivery.memory import MemoryTransport
from wsrouter.models import KeptEvent, Membership, Stream

pytestmark = [pytest.mark.database, pytest.mark.django_db(transaction=True)]


def send(*texts: str) -> None:
    for text in texts:
        news.send(text, group="room")


def older() -> None:
    """What was numbered until now was numbered before any message begins."""
    KeptEvent.objects.update(numbered_ms=0)


def test_a_first_join_tells_the_position(transport: MemoryTransport) -> None:
    watcher = Watcher(transport)
    found = entry(watcher.watch("room"))
    row = Stream.objects.get()
    assert found == {
        "id": row.public_id,
        "epoch": row.epoch,
        "seq": 0,
        "recovered": True,
        "events": [],
    }
    send("a", "b")
    older()
    assert entry(Watcher(transport).watch("room"))["seq"] == 2


def test_a_client_that_joins_by_itself(transport: MemoryTransport) -> None:
    def join(*groups: str, **members: Any) -> Any:
        watcher = Watcher(transport)
        payload = {"groups": list(groups)}
        return watcher.send("wsrouter.join", payload, id="1", **members)

    first = join("hall:a", "hall:b")
    assert [found["seq"] for found in first["streams"]] == [0, 0]
    news.send("x", groups=["hall:a", "hall:b"])
    older()
    since = {
        key: at for found in first["streams"] for key, at in position(found).items()
    }
    again = join("hall:a", "hall:b", since=since)
    assert again["payload"] == {"groups": ["hall:a", "hall:b"]}
    assert [payloads(found["events"]) for found in again["streams"]] == [["x"], ["x"]]
    refused = join("hall:a", "hall:shut", since=since)
    assert error_of(refused)["code"] == "permission_denied"
    assert "streams" not in refused


def test_since_brings_what_was_missed(transport: MemoryTransport) -> None:
    watcher = Watcher(transport)
    since = position(entry(watcher.watch("room")))
    send("a", "b", "c")
    older()
    found = entry(Watcher(transport).watch("room", since=since))
    assert found["events"] == watcher.frames, "the frames are those that were posted"
    assert (found["seq"], found["recovered"]) == (3, True)
    since = position(found["events"][1]["stream"])
    assert payloads(entry(watcher.watch("room", since=since))["events"]) == ["c"]


@pytest.mark.parametrize("joins_first", [True, False])
def test_what_is_published_while_the_handler_runs_is_not_missed(
    transport: MemoryTransport, joins_first: bool
) -> None:
    """Whether it reads its state before or after it joins."""
    send("before")
    older()
    meanwhile.extend([lambda: None] * joins_first + [lambda: send("meanwhile")])
    found = entry(Watcher(transport).watch("room"))
    assert payloads(found["events"]) == ["meanwhile"]
    assert (found["seq"], found["recovered"]) == (2, True)


def test_a_group_that_is_new_while_the_handler_runs(transport: MemoryTransport) -> None:
    meanwhile.append(lambda: send("first"))
    found = entry(Watcher(transport).watch("room"))
    assert payloads(found["events"]) == ["first"]


@pytest.mark.parametrize(
    "wrong", [{"epoch": "0" * 8}, {"seq": 3}, {"seq": 99}], ids=str
)
def test_a_position_that_cannot_be_is_a_gap(
    transport: MemoryTransport, wrong: dict[str, Any]
) -> None:
    watcher = Watcher(transport)
    found = entry(watcher.watch("room"))
    send("a", "b")
    older()
    again = entry(watcher.watch("room", since=position(found | wrong)))
    assert (again["recovered"], again["events"], again["seq"]) == (False, [], 2)


def test_what_is_not_kept_any_more_is_a_gap_and_no_part_of_it_comes(
    transport: MemoryTransport,
) -> None:
    watcher = Watcher(transport)
    since = position(entry(watcher.watch("room")))
    send("a", "b", "c")
    older()
    KeptEvent.objects.get(seq=1).delete()
    found = entry(watcher.watch("room", since=since))
    assert (found["recovered"], found["events"], found["seq"]) == (False, [], 3)
    since[found["id"]]["seq"] = 1
    assert payloads(entry(watcher.watch("room", since=since))["events"]) == ["b", "c"]


@pytest.mark.parametrize("joins_first", [False, True], ids=["reads", "joins"])
def test_after_a_gap_the_stream_goes_on_from_the_beginning_of_the_message(
    transport: MemoryTransport, joins_first: bool
) -> None:
    """What is published while the handler reads its state is no part of the gap."""
    watcher = Watcher(transport)
    since = position(entry(watcher.watch("room")))
    send("a", "b")
    older()
    KeptEvent.objects.get(seq=1).delete()
    meanwhile.extend([lambda: None] * joins_first + [lambda: send("c", "d")])
    found = entry(watcher.watch("room", since=since))
    assert (found["recovered"], found["events"], found["seq"]) == (False, [], 2)
    missed = entry(watcher.watch("room", since=position(found)))
    assert payloads(missed["events"]) == ["c", "d"]


def test_a_join_that_is_rolled_back_is_not_told(
    transport: MemoryTransport, atomic_requests: None
) -> None:
    watcher = Watcher(transport)
    assert "streams" not in watcher.send("fail", "room", id="1")
    assert watcher.send("leave", "room", id="1")["streams"] == []
    assert not Membership.objects.exists()
    assert not Stream.objects.exists()


def test_a_group_that_was_left_again_is_not_told(transport: MemoryTransport) -> None:
    since = position(entry(Watcher(transport).watch("room")))
    send("secret")
    frame = Watcher(transport).send("leave", "room", id="1", since=since)
    assert frame["streams"] == []


def test_only_a_message_with_an_id_is_told(transport: MemoryTransport) -> None:
    watcher = Watcher(transport)
    assert "streams" not in watcher.send("watch", ["room"])
    assert "streams" not in watcher.send("quiet", "x", id="1")


def test_groups_are_told_in_the_order_of_since(transport: MemoryTransport) -> None:
    watcher = Watcher(transport)
    first = watcher.watch("a", "b", "c")["streams"]
    since = position(first[2]) | position(first[1])
    again = watcher.watch("a", "b", "c", since=since)["streams"]
    assert [found["id"] for found in again] == [first[n]["id"] for n in (2, 1, 0)]


def test_streams_of_others_are_ignored(transport: MemoryTransport) -> None:
    other = entry(Watcher(transport).watch("secret"))
    unknown = {"x" * 22: {"epoch": "0" * 8, "seq": 1}}
    frame = Watcher(transport).watch("room", since=position(other) | unknown)
    assert entry(frame)["id"] != other["id"]


@pytest.mark.parametrize(
    "since",
    [
        [],
        {"a": 1},
        {"a": {"epoch": "x"}},
        {"a": {"epoch": "x", "seq": -1}},
        {"a": {"epoch": "x", "seq": "1"}},
        {"a" * 65: {"epoch": "x", "seq": 1}},
        {str(n): {"epoch": "x", "seq": 1} for n in range(101)},
    ],
    ids=lambda since: str(since)[:30],
)
@pytest.mark.parametrize("envelope", ["nested", "flat"])
def test_a_wrong_since_is_malformed(since: Any, envelope: str) -> None:
    name = {"nested": "since", "flat": "$since"}[envelope]
    flat = Router()
    flat.include(router)

    @flat.route("flat")
    def handler(payload: dict[str, int]) -> None: ...

    with serving(flat, ENVELOPE=envelope):
        frame = Gateway().send(
            "flat", {} if envelope == "nested" else ..., id="7", **{name: since}
        )
    assert error_of(frame)["code"] == "malformed_frame"
    assert "'since' is an object" in error_of(frame)["message"]
    assert frame["id"] == "7"


def test_the_flat_envelope_has_since_among_the_payload(user: User) -> None:
    flat = Router()
    event = flat.event("news", str, keep=news.keep)

    @flat.route("watch")
    def watch(payload: dict[str, str], connection: Connection) -> None:
        assert payload == {"name": "room"}
        connection.join("room")

    with serving(flat, ENVELOPE="flat"):
        gateway = Gateway()
        gateway.connect()
        since = position(entry(gateway.send("watch", id="1", name="room")))
        event.send("a", group="room")
        frame = gateway.send("watch", id="1", name="room", **{"$since": since})
    assert payloads(entry(frame)["events"]) == ["a"]


def test_where_nothing_is_kept_nothing_changes() -> None:
    plain = Router()

    @plain.route("watch")
    def watch(payload: str, connection: Connection) -> None:
        connection.join(payload)

    def queries(served: Router, payload: Any) -> tuple[Any, list[str]]:
        with serving(served):
            gateway = Gateway()
            gateway.connect()
            gateway.send("watch", payload, id="1")
            with CaptureQueriesContext(database) as found:
                frame = gateway.send("watch", payload, id="1", since={})
        return frame, [each["sql"] for each in found.captured_queries]

    frame, plain_queries = queries(plain, "room")
    assert frame == {"type": "reply", "action": "watch", "id": "1", "payload": None}
    assert not [sql for sql in plain_queries if "stream" in sql]
    _, more = queries(router, ["room"])
    assert len(more) == len(plain_queries) + 1, (
        "one query more for a message that joins"
    )


def test_the_reply_is_judged_before_its_streams(transport: MemoryTransport) -> None:
    watcher, limit = Watcher(transport), 128 * 1024
    empty = len(
        watcher.text("large", b'{"action":"large","id":"1","payload":0}').content
    )
    assert empty
    fits = limit - 4096 - len('{"type":"reply","action":"large","id":"1","payload":""}')
    assert watcher.send("large", fits, id="1")["streams"]
    error = error_of(watcher.send("large", fits + 1, id="1"))
    assert error["code"] == "reply_too_large"
    assert str(limit - 4096) in error["message"]


def test_what_does_not_fit_is_to_be_asked_for_again(transport: MemoryTransport) -> None:
    watcher = Watcher(transport)
    since: dict[str, Any] = {}
    for found in watcher.watch("a", "b", "c")["streams"]:
        since |= position(found)
    for group in "abc":
        news.send("x" * 40_000, group=group)
    streams = watcher.watch("a", "b", "c", since=since)["streams"]
    assert [len(found["events"]) for found in streams] == [1, 1, 0]
    last = streams[2]
    assert (last["again"], last["recovered"], last["seq"]) == (True, True, 0)
    again = watcher.ping(since=position(last))["streams"]
    assert [len(found["events"]) for found in again] == [1, 0, 0]
    assert again[0]["seq"] == 1


def test_more_of_one_stream_than_a_reply_takes_is_a_gap(
    transport: MemoryTransport,
) -> None:
    watcher = Watcher(transport)
    since = position(entry(watcher.watch("room")))
    send(*["x" * 40_000] * 3)
    found = entry(watcher.watch("room", since=since))
    assert (found["recovered"], found["events"], "again" in found) == (False, [], False)


def test_it_is_read_outside_of_the_messages_transaction(
    transport: MemoryTransport, atomic_requests: None
) -> None:
    with transaction.atomic():
        pass
    watcher = Watcher(transport)
    since = position(entry(watcher.watch("room")))
    passing.send("no", group="room")
    send("a")
    assert payloads(entry(watcher.watch("room", since=since))["events"]) == ["a"]


def test_a_read_that_fails_is_a_gap_of_the_client(
    transport: MemoryTransport,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    def fail(*_: Any) -> None:
        raise RuntimeError("the database has gone")

    monkeypatch.setattr("wsrouter.registry.streams.positions.of_joined", fail)
    frame = Watcher(transport).watch("room")
    assert (frame["type"], frame["payload"]) == ("reply", 1)
    assert frame["streams"] == [{"recovered": False}]
    assert "the database has gone" in caplog.text
