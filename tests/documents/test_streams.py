"""What documents say of kept events, and that they say nothing where none is kept."""

import json
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from pydantic import BaseModel, Field

from tests.documents.documented import document
from tests.documents.test_asyncapi import halls, message
from wsrouter import Connection, Keep, Router
from wsrouter.catalog.build import build
from wsrouter.documents.difference import differences
from wsrouter.documents.typescript import typescript

POSITION = {"$ref": "#/components/schemas/wsrouter.Position"}
SINCE = {"$ref": "#/components/schemas/wsrouter.Since"}


class Parcel(BaseModel):
    number: int = Field(examples=[7])


def parcels(keep: Keep | None = None) -> Router:
    """`keep` is that of `parcels.moved`; `parcels.counted` is never kept."""
    router = Router()
    router.include(halls())

    @router.route("parcels.watch")
    def watch(payload: Parcel, connection: Connection) -> Parcel:
        return payload

    @router.route("parcels.count")
    def count(payload: Parcel) -> int:
        return 1

    router.event("parcels.moved", Parcel, summary="A parcel has moved.", keep=keep)
    router.event("parcels.counted", int)
    return router


KEPT = parcels(Keep(last=100, seconds=3600))


def without_streams(found: dict[str, Any]) -> dict[str, Any]:
    """The document without everything that it says of streams."""
    [channel], schemas = found["channels"].values(), found["components"]["schemas"]
    for name in [name for name in schemas if name.startswith("wsrouter.")]:
        del schemas[name]
    for name in ("message", "reply", "error"):
        del channel["messages"][f"{name}.wsrouter.ping"]
    del channel["messages"]["event.wsrouter.skipped"]
    for one in channel["messages"].values():
        for member in ("since", "$since", "stream", "streams"):
            one["payload"].get("properties", {}).pop(member, None)
    moved = message(found, "event.parcels.moved")
    del moved["description"], moved["examples"][0]["payload"]["stream"]
    del found["operations"]["receive.wsrouter.ping"]
    del found["operations"]["send.wsrouter.skipped"]
    del found["operations"]["send.parcels.moved"]["x-wsrouter"]
    found["info"]["description"] = found["info"]["description"].rpartition("\n\n")[0]
    return found


@pytest.mark.parametrize("envelope", ["nested", "flat"])
def test_where_nothing_is_kept_nothing_is_said(envelope: str) -> None:
    plain = document(parcels(), envelope=envelope)

    for word in ("since", "stream", "skipped", "Keep", "kept"):
        assert word not in json.dumps(plain)
        assert word not in typescript(build(parcels()))
    assert without_streams(document(KEPT, envelope=envelope)) == plain


def test_a_kept_event() -> None:
    found = document(KEPT)

    assert found["operations"]["send.parcels.moved"]["x-wsrouter"] == {
        "keep": {"last": 100, "seconds": 3600}
    }
    assert "x-wsrouter" not in found["operations"]["send.parcels.counted"]
    moved = message(found, "event.parcels.moved")
    assert moved["description"] == (
        "Kept for clients that come back: the last 100 of a group or of a user, for"
        " 1 hour. One that is sent to single connections is not kept, and has no"
        " `stream`."
    )
    assert moved["payload"]["properties"]["stream"] == POSITION
    assert moved["payload"]["required"] == ["type", "id", "payload"]
    assert moved["examples"][0]["payload"]["stream"] == {
        "id": "3q2-7wAAQkGpXl5zV0nGdA",
        "epoch": "9f86d081",
        "seq": 12,
    }
    counted = message(found, "event.parcels.counted")
    assert "stream" not in counted["payload"]["properties"]


@pytest.mark.parametrize(
    ("keep", "words"),
    [
        (Keep(last=1, seconds=90), "the last one of a group or of a user, for 90 sec"),
        (
            Keep(last=7, seconds=120),
            "the last 7 of a group or of a user, for 2 minutes",
        ),
        (Keep(seconds=172_800), "the last 100 of a group or of a user, for 2 days"),
    ],
)
def test_how_much_is_kept_in_words(keep: Keep, words: str) -> None:
    found = document(parcels(keep))

    assert words in message(found, "event.parcels.moved")["description"]
    assert words in typescript(build(parcels(keep)))


@pytest.mark.parametrize("envelope", ["nested", "flat"])
def test_examples_are_valid(envelope: str) -> None:
    found = document(KEPT, envelope=envelope)
    shown = 0
    for one in found["channels"]["socket"]["messages"].values():
        schema = {"components": found["components"], "allOf": [one["payload"]]}
        for example in one.get("examples", ()):
            Draft202012Validator(schema).validate(example["payload"])
            shown += 1
    assert shown == 7


@pytest.mark.parametrize(
    ("envelope", "member"), [("nested", "since"), ("flat", "$since")]
)
def test_every_message_may_have_since(envelope: str, member: str) -> None:
    found = document(KEPT, envelope=envelope)

    for key in ("parcels.watch", "parcels.count", "wsrouter.join", "wsrouter.ping"):
        payload = message(found, f"message.{key}")["payload"]
        assert payload["properties"][member] == SINCE
        assert member not in payload["required"]
    assert message(found, "message.wsrouter.ping")["examples"] == [
        {
            "payload": {
                "action": "wsrouter.ping",
                "id": "1",
                member: {"3q2-7wAAQkGpXl5zV0nGdA": {"epoch": "9f86d081", "seq": 12}},
            }
        }
    ]
    assert f"`{member}`" in found["info"]["description"]


def test_replies_tell_of_streams_where_the_handler_may_join() -> None:
    found = document(KEPT)

    def members(key: str) -> Any:
        return message(found, f"reply.{key}")["payload"]["properties"]

    for key in ("parcels.watch", "wsrouter.join", "wsrouter.ping"):
        assert members(key)["streams"]["items"] == {
            "$ref": "#/components/schemas/wsrouter.StreamEntry"
        }
    for key in ("parcels.count", "wsrouter.leave"):
        assert "streams" not in members(key)


def test_what_was_missed_is_a_kept_event_or_a_marker() -> None:
    schemas = document(KEPT)["components"]["schemas"]
    moved, skipped = schemas["wsrouter.KeptFrame"]["anyOf"]

    assert moved["properties"]["type"] == {"const": "parcels.moved"}
    assert moved["required"] == ["type", "id", "payload", "stream"]
    assert skipped == {"$ref": "#/components/schemas/wsrouter.SkippedFrame"}


def test_the_types() -> None:
    text = typescript(build(KEPT))

    assert 'export type KeptEvents = "parcels.moved";\n' in text
    assert "stream?: K extends KeptEvents ? WsrouterPosition : undefined;" in text
    assert "streams?: WsrouterStreamEntry[];" in text
    ping = text.partition('"wsrouter.ping": {\n')[2].partition("\n  };")[0]
    assert "payload: undefined;" in ping
    assert '"not_authenticated" | "connection_unknown"' in ping


def test_names_of_models_that_the_types_need() -> None:
    class KeptEvents(BaseModel):
        """A model of the application."""

    router = Router()
    router.event("a", KeptEvents)
    assert "export type KeptEvents = " in typescript(build(router))
    router.event("b", int, keep=Keep())
    assert "export type KeptEvents2 = " in typescript(build(router))


def test_what_has_changed_when_an_event_is_kept() -> None:
    plain, kept = document(parcels()), document(KEPT)
    more = document(parcels(Keep(last=10)))

    assert list(map(str, differences(plain, kept))) == [
        "parcels.count: since is new",
        "parcels.watch: since is new",
        "wsrouter.join: since is new",
        "wsrouter.leave: since is new",
        "wsrouter.ping: the route is new",
        "parcels.moved: keep was none, is {'last': 100, 'seconds': 3600}",
        "wsrouter.skipped: the event is new",
        "document: its title, version or introduction has changed",
    ]
    [changed] = differences(kept, more)
    assert str(changed) == (
        "parcels.moved: keep was {'last': 100, 'seconds': 3600}, is"
        " {'last': 10, 'seconds': 3600}"
    )
