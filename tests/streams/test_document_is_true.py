"""What the document says of streams is what the endpoint does."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from django.contrib.auth.models import User
from hypothesis import HealthCheck, given, settings
from jsonschema import Draft202012Validator

from tests.django.events import Gateway, answered, serving
from tests.documents.values import ValuesOf
from tests.streams.stream_routes import Watcher, news, position, router
from wsrouter import Connection, Router
from wsrouter.delivery.memory import MemoryTransport
from wsrouter.wiring.documents import asyncapi_document

pytestmark = pytest.mark.django_db(transaction=True)


class Document:
    """That of the gateway that is served."""

    def __init__(self) -> None:
        document = asyncapi_document()
        self.components = document["components"]
        self.messages = document["channels"]["socket"]["messages"]

    def schema(self, message: str) -> dict[str, Any]:
        payload = self.messages[message]["payload"]
        return {"components": self.components, "allOf": [payload]}

    def check(self, message: str, frame: Any) -> None:
        Draft202012Validator(self.schema(message)).validate(frame)

    def refuses(self, message: str, frame: Any) -> bool:
        return not Draft202012Validator(self.schema(message)).is_valid(frame)


@pytest.fixture
def document(transport: MemoryTransport) -> Iterator[Document]:
    return Document()


def test_replies(transport: MemoryTransport, document: Document, user: User) -> None:
    watcher = Watcher(transport, user)
    first = watcher.watch("a", "b", "c")
    document.check("reply.watch", first)
    since: dict[str, Any] = {}
    for found in first["streams"]:
        since |= position(found)
    news.send("for others", group="a", exclude=user)
    for group in "abc":
        news.send("x" * 40_000, group=group)
    again = watcher.watch("a", "b", "c", since=since)
    document.check("reply.watch", again)
    kinds = [event["type"] for event in again["streams"][0]["events"]]
    assert kinds == ["wsrouter.skipped", "news"]
    assert again["streams"][2]["again"]
    document.check("reply.wsrouter.ping", watcher.ping(since={}))
    wrong = watcher.ping(since=position(first["streams"][0] | {"epoch": "0" * 8}))
    assert not wrong["streams"][0]["recovered"]
    document.check("reply.wsrouter.ping", wrong)
    payload = {"groups": ["hall:a"]}
    document.check("reply.wsrouter.join", watcher.send("wsrouter.join", payload, id=1))
    for missing in ("id", "epoch", "seq", "recovered", "events"):
        broken = {k: v for k, v in again["streams"][0].items() if k != missing}
        assert document.refuses("reply.watch", {**again, "streams": [broken]})
    shown = [event for event in again["streams"][0]["events"] if "id" in event]
    del shown[0]["stream"]
    assert document.refuses("reply.watch", again)


def test_a_read_that_fails(
    transport: MemoryTransport, document: Document, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: Any) -> None:
        raise RuntimeError("the database has gone")

    monkeypatch.setattr("wsrouter.registry.streams.positions.of_joined", fail)
    frame = Watcher(transport).watch("room")
    assert frame["streams"] == [{"recovered": False}]
    document.check("reply.watch", frame)
    assert document.refuses("reply.watch", {**frame, "streams": [{"recovered": True}]})


def test_events(transport: MemoryTransport, document: Document, user: User) -> None:
    watcher = Watcher(transport, user)
    watcher.watch("room")
    news.send("a", group="room")
    news.send("b", group="room", exclude=user)
    kept, skipped = watcher.frames
    document.check("event.news", kept)
    document.check("event.wsrouter.skipped", skipped)
    for stream in ({}, {**kept["stream"], "seq": "1"}):
        assert document.refuses("event.news", {**kept, "stream": stream})
        assert document.refuses("event.wsrouter.skipped", {**skipped, "stream": stream})


@pytest.mark.usefixtures("one_window")
def test_errors_of_a_ping(transport: MemoryTransport, document: Document) -> None:
    watcher = Watcher(transport)
    frames = (watcher.ping(since={}) for _ in range(200))
    refused = next(frame for frame in frames if frame["type"] == "error")
    assert refused["error"]["code"] == "throttled"
    document.check("error.wsrouter.ping", refused)
    malformed = watcher.ping(since={"a": 1})
    document.check("error.wsrouter.ping", malformed)
    assert document.refuses("message.wsrouter.ping", {"action": "x", "since": {}})
    wrong = {"action": "wsrouter.ping", "since": {"a": 1}}
    assert document.refuses("message.wsrouter.ping", wrong)


@pytest.mark.parametrize("envelope", ["nested", "flat"])
@pytest.mark.parametrize("key", ["look", "wsrouter.ping"])
def test_messages_are_accepted(envelope: str, key: str, user: User) -> None:
    served = Router()
    served.include(router)

    @served.route("look")
    def look(payload: dict[str, int], connection: Connection) -> None:
        connection.join("room")

    with serving(served, ENVELOPE=envelope):
        gateway, document = Gateway(), Document()
        gateway.connect(user)
        [schema] = document.schema(f"message.{key}")["allOf"]
        member = {"nested": "since", "flat": "$since"}[envelope]
        counted = []

        @settings(
            max_examples=15, deadline=None, suppress_health_check=list(HealthCheck)
        )
        @given(message=ValuesOf(document.components["schemas"])(schema))
        def accepted(message: Any) -> None:
            text = json.dumps({**message, "id": "1"})
            reply = answered(gateway.text("$default", text))
            assert reply["type"] == "reply", reply
            document.check(f"reply.{key}", reply)
            counted.append(member in message)

        accepted()
        assert any(counted)
        example = document.messages["message.wsrouter.ping"]["examples"][0]["payload"]
        assert answered(gateway.text("$default", json.dumps(example)))["streams"]
