"""Frames that are not what they should be, and the client's ids."""

from typing import Any

import pytest
from pydantic import BaseModel

from tests.routing.builders import Gateway, Run
from wsrouter import Message, Router
from wsrouter.routing.ports import Envelope
from wsrouter.wire.envelope import Flat, Nested

ENVELOPES = [Nested("action"), Flat("action")]


class Watch(BaseModel):
    order_id: int


NOT_FRAMES = {
    "empty": b"",
    "text": b"hello",
    "number": b"5",
    "string": b'"a"',
    "list": b"[]",
    "null": b"null",
    "cut off": b'{"action": "a"',
    "trailing": b'{"action": "a"} x',
    "no key": b"{}",
    "number as key": b'{"action": 5}',
    "null as key": b'{"action": null}',
    "list as key": b'{"action": ["a"]}',
    "deep lists": b"[" * 100_000,
    "deep objects": b'{"a":' * 100_000,
    "deep payload": b'{"action":"a","payload":' + b"[" * 60_000 + b"]" * 60_000 + b"}",
    "invalid UTF-8": b'{"action": "\xff"}',
    "overlong UTF-8": b'{"action": "\xc0\xaf"}',
    "lone surrogate": b'{"action": "\\ud800"}',
    "encoded surrogate": b'{"action": "\xed\xa0\x80"}',
    "byte order mark": b'\xef\xbb\xbf{"action": "a"}',
    "UTF-16": '{"action": "a"}'.encode("utf-16"),
    "NUL": b'{"action": "a"}\x00',
    "endless number": b'{"action": ' + b"1" * 100_000 + b"}",
}


def watching() -> Router:
    router = Router()

    @router.route("a")
    def handler(payload: Watch) -> int:
        return payload.order_id

    return router


@pytest.mark.parametrize("envelope", ENVELOPES, ids=["nested", "flat"])
@pytest.mark.parametrize("body", NOT_FRAMES.values(), ids=NOT_FRAMES)
@pytest.mark.parametrize("route_key", ["$default", "a", ""])
def test_what_is_no_frame(body: bytes, route_key: str, envelope: Envelope) -> None:
    gateway = Gateway(watching(), envelope=envelope)
    answer = gateway.send(body, route_key)
    assert answer["type"] == "error"
    assert answer["error"]["code"] in {"malformed_frame", "invalid_payload"}
    assert "id" not in answer
    assert gateway.crashes == []


@pytest.mark.parametrize("body", NOT_FRAMES.values(), ids=NOT_FRAMES)
def test_the_default_handler_gets_the_text(body: bytes, run: Run) -> None:
    router, seen = watching(), []

    @router.default
    def anything(text: str, message: Message) -> str:
        seen.append(text)
        return message.route_key

    answer = Gateway(router, run=run).send(body, "$default")
    assert seen == [body.decode("utf-8", "replace")]
    assert answer == {"type": "reply", "action": "$default", "payload": "$default"}


@pytest.mark.parametrize(
    "client_id", ["7", "", "x" * 128, "é" * 128, 0, -1, 2**63 - 1, -(2**63)]
)
@pytest.mark.parametrize("envelope", ENVELOPES, ids=["nested", "flat"])
def test_ids(client_id: Any, envelope: Envelope) -> None:
    frame = {"action": "a", "id": client_id, "order_id": 7, "payload": {"order_id": 7}}
    gateway = Gateway(watching(), envelope=envelope)
    assert gateway.send(frame)["id"] == client_id
    assert gateway.send(frame | {"action": "b"})["id"] == client_id


@pytest.mark.parametrize(
    "client_id",
    [
        b'"' + b"x" * 129 + b'"',
        str(2**63).encode(),
        str(-(2**63) - 1).encode(),
        str(2**200).encode(),
        b"true",
        b"1.0",
        b"NaN",
        b"[1]",
        b"{}",
    ],
)
@pytest.mark.parametrize("envelope", ENVELOPES, ids=["nested", "flat"])
def test_impossible_ids(client_id: bytes, envelope: Envelope) -> None:
    body = b'{"action": "a", "id": %b, "order_id": 7, "payload": {"order_id": 7}}'
    answer = Gateway(watching(), envelope=envelope).send(body % client_id, "a")
    assert answer["error"]["code"] == "malformed_frame"
    assert "'id'" in answer["error"]["message"]
    assert answer["action"] == "a"
    assert "id" not in answer


@pytest.mark.parametrize("envelope", ENVELOPES, ids=["nested", "flat"])
def test_a_null_id_is_none(envelope: Envelope) -> None:
    frame = {"action": "a", "id": None, "order_id": 7, "payload": {"order_id": 7}}
    answer = Gateway(watching(), envelope=envelope).send(frame)
    assert answer == {"type": "reply", "action": "a", "payload": 7}


def test_an_error_carries_the_id() -> None:
    answer = Gateway(watching()).send({"action": "a", "id": 7, "payload": {}})
    assert answer["error"]["code"] == "invalid_payload"
    assert answer["id"] == 7
