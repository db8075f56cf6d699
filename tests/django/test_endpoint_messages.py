"""Messages in, replies out, through the endpoint."""

from typing import Any

import pytest
from django.http import HttpRequest
from django.test import override_settings
from pydantic import BaseModel

from tests.django.events import Gateway, answered, error_of, serving
from wsrouter import Message, Router

LIMIT = 128 * 1024
router = Router()


class Watch(BaseModel):
    order_id: int


class Status(BaseModel):
    order_id: int
    status: str


@router.route("orders.watch")
def watch(payload: Watch) -> Status:
    return Status(order_id=payload.order_id, status="paid")


@router.route("awatch")
async def awatch(payload: Watch) -> Status:
    return Status(order_id=payload.order_id, status="paid")


@router.route("note")
def note(payload: str) -> None: ...


@router.route("length")
def length(payload: str) -> int:
    return len(payload)


@router.route("long")
def long(payload: int) -> str:
    return "x" * payload


@router.route("message")
def message(message: Message, request: HttpRequest) -> list[Any]:
    return [message.route_key, message.id, message.message_id, dict(message.headers)]


@pytest.fixture(autouse=True)
def _served() -> Any:
    with serving(router):
        yield


@pytest.mark.parametrize("action", ["orders.watch", "awatch"])
@pytest.mark.parametrize("client_id", ["7", 7, 2**63 - 1, "x" * 128])
def test_a_reply_carries_action_id_and_payload(action: str, client_id: Any) -> None:
    assert Gateway().send(action, {"order_id": 7}, id=client_id) == {
        "type": "reply",
        "action": action,
        "id": client_id,
        "payload": {"order_id": 7, "status": "paid"},
    }


def test_a_reply_without_an_id_has_none() -> None:
    frame = Gateway().send("orders.watch", {"order_id": 7})
    assert set(frame) == {"type", "action", "payload"}


def test_nothing_is_acknowledged_only_when_the_message_had_an_id() -> None:
    assert Gateway().send("note", "x", id="1") == {
        "type": "reply",
        "action": "note",
        "id": "1",
        "payload": None,
    }
    assert Gateway().send("note", "x") is None


def test_the_answer_is_json() -> None:
    response = Gateway().text("note", b'{"action":"note","payload":"x"}')
    assert response["Content-Type"] == "application/json"


def test_an_invalid_payload_names_the_field_and_not_the_input() -> None:
    frame = Gateway().send("orders.watch", {"order_id": "secret"}, id="7")
    detail = error_of(frame)["detail"]
    assert frame["action"], frame["id"] == ("orders.watch", "7")
    assert error_of(frame)["code"] == "invalid_payload"
    assert [each["loc"] for each in detail] == [["order_id"]]
    assert set(detail[0]) == {"loc", "msg", "type"}
    assert "secret" not in str(frame)


def test_a_key_in_the_body_reaches_a_route_that_is_not_published_yet() -> None:
    body = b'{"action": "orders.watch", "payload": {"order_id": 7}}'
    assert answered(Gateway().text("$default", body))["type"] == "reply"


def frame_of(size: int) -> bytes:
    start, end = b'{"action": "length", "payload": "', b'"}'
    return start + b"x" * (size - len(start) - len(end)) + end


def test_a_frame_may_have_128_kb_and_no_more() -> None:
    most = answered(Gateway().text("length", frame_of(LIMIT)))
    assert most["payload"] == LIMIT - 35
    frame = answered(Gateway().text("length", frame_of(LIMIT + 1)))
    assert error_of(frame)["code"] == "malformed_frame"
    assert str(LIMIT) in error_of(frame)["message"]


@override_settings(DATA_UPLOAD_MAX_MEMORY_SIZE=1000)
def test_what_the_project_allows_counts_and_is_named() -> None:
    assert answered(Gateway().text("length", frame_of(1000)))["type"] == "reply"
    frame = answered(Gateway().text("length", frame_of(1001)))
    assert "1000 bytes" in error_of(frame)["message"]


@override_settings(DATA_UPLOAD_MAX_MEMORY_SIZE=None)
def test_without_a_limit_of_the_project_ours_counts() -> None:
    frame = answered(Gateway().text("length", frame_of(LIMIT + 1)))
    assert error_of(frame)["code"] == "malformed_frame"


@pytest.mark.django_db
def test_a_large_body_changes_nothing_for_connect_and_disconnect() -> None:
    """A handshake must not be accepted because its handlers were not asked."""
    asked: list[str] = []
    asking = Router()
    asking.connect(lambda: asked.append("connect"))
    asking.disconnect(lambda: asked.append("disconnect"))
    gateway = Gateway()
    with serving(asking):
        gateway.post("CONNECT", body=b"x" * (LIMIT + 1))
        gateway.post("DISCONNECT", body=b"x" * (LIMIT + 1))
    assert asked == ["connect", "disconnect"]


def test_a_reply_that_is_too_large_is_an_error() -> None:
    frame = Gateway().send("long", LIMIT, id="1")
    assert error_of(frame)["code"] == "reply_too_large"
    assert frame["id"] == "1"


def test_the_flat_envelope_has_the_payload_beside_the_key() -> None:
    with serving(router, ENVELOPE="flat"):
        body = b'{"action": "orders.watch", "id": "7", "order_id": 7}'
        frame = answered(Gateway().text("orders.watch", body))
        assert (frame["id"], frame["payload"]["order_id"]) == ("7", 7)
        nested = b'{"action": "orders.watch", "payload": {"order_id": 7}}'
        frame = answered(Gateway().text("orders.watch", nested))
        assert error_of(frame)["code"] == "invalid_payload"


def test_the_key_may_have_another_name() -> None:
    with serving(router, ROUTE_SELECTION_EXPRESSION="$request.body.type"):
        body = b'{"type": "orders.watch", "payload": {"order_id": 7}}'
        assert answered(Gateway().text("$default", body))["type"] == "reply"


def test_headers_of_the_project_reach_the_handler() -> None:
    extra = {"Tenant": "context.authorizer.tenant"}
    with serving(router, HEADERS=extra):
        gateway = Gateway(extra=extra, **{"authorizer.tenant": "acme"})
        route_key, client_id, message_id, found = gateway.send("message", id=5)[
            "payload"
        ]
    assert (route_key, client_id, found) == ("message", 5, {"Tenant": "acme"})
    assert message_id == "HJ1ZVcUVPHcCJAw="
