"""Messages in, frames out, through the endpoint."""

import logging
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.signals import got_request_exception
from django.http import Http404, HttpRequest
from django.test import override_settings
from pydantic import BaseModel
from pydantic_core import from_json

from tests.django.events import Gateway, answered, serving
from wsrouter import Message, MessageError, Router

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


@router.route("crash")
def crash() -> None:
    raise RuntimeError("the password is hunter2")


@router.route("acrash")
async def acrash() -> None:
    raise RuntimeError("the password is hunter2")


@router.route("raise")
def raise_(payload: str) -> None:
    raise ERRORS[payload]


@router.route("message")
def message(message: Message, request: HttpRequest) -> list[Any]:
    return [message.route_key, message.id, message.message_id, dict(message.headers)]


ERRORS = {
    "404": Http404("/etc/secrets of Order"),
    "403": PermissionDenied("not you, ada"),
    "one": ValidationError("Too late.", code="late"),
    "list": ValidationError(["Too late.", ValidationError("Too dear.", code="dear")]),
    "dict": ValidationError({"date": ["Too late."], "__all__": ["Both."]}),
    "params": ValidationError("At most %(n)s.", code="most", params={"n": 3}),
    "own": MessageError("sold_out", "None left.", retry=True, detail={"left": 0}),
}


@pytest.fixture(autouse=True)
def _served() -> Any:
    with serving(router):
        yield


def error_of(frame: Any) -> Any:
    assert frame["type"] == "error"
    return frame["error"]


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


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"", "malformed_frame"),
        (b"hello", "malformed_frame"),
        (b"[1]", "malformed_frame"),
        (b"null", "malformed_frame"),
        (b"{}", "malformed_frame"),
        (b'{"action": 7}', "malformed_frame"),
        (b"\xff\xfe", "malformed_frame"),
        (b"[" * 100_000, "malformed_frame"),
        (b'{"action": "' + b"\\ud800" + b'"}', "malformed_frame"),
        (b'{"action": "no.such"}', "unknown_route"),
        (b'{"action": "$connect"}', "unknown_route"),
        (b'{"action": "$disconnect"}', "unknown_route"),
    ],
)
def test_what_is_no_message_gets_an_error_frame(body: bytes, code: str) -> None:
    frame = answered(Gateway().text("$default", body))
    assert error_of(frame)["code"] == code


def test_a_key_in_the_body_reaches_a_route_that_is_not_published_yet() -> None:
    body = b'{"action": "orders.watch", "payload": {"order_id": 7}}'
    assert answered(Gateway().text("$default", body))["type"] == "reply"


@pytest.mark.parametrize("action", ["crash", "acrash"])
def test_a_crash_leaks_nothing_and_is_reported(
    action: str, caplog: pytest.LogCaptureFixture
) -> None:
    seen: list[Any] = []

    def listen(**told: Any) -> None:
        seen.append(told["request"])

    got_request_exception.connect(listen)
    try:
        frame = Gateway().send(action, id="9")
    finally:
        got_request_exception.disconnect(listen)
    assert frame == {
        "type": "error",
        "action": action,
        "id": "9",
        "error": {
            "code": "internal_error",
            "message": "Something went wrong.",
            "retry": False,
        },
    }
    (record,) = [each for each in caplog.records if each.name == "wsrouter.request"]
    assert record.levelno == logging.ERROR
    assert "hunter2" in str(record.exc_info and record.exc_info[1])
    assert [each.path for each in seen] == ["/ws/"]


def test_crash_status_shows_crashes_and_nothing_else() -> None:
    with serving(router, CRASH_STATUS=500):
        response = Gateway().text("crash", b'{"action": "crash"}')
        assert response.status_code == 500
        assert from_json(response.content)["error"]["code"] == "internal_error"
        assert Gateway().text("$default", b"no").status_code == 200
        assert Gateway().text("note", b'{"payload": 7}').status_code == 200
        assert Gateway().text("raise", b'{"payload": "404"}').status_code == 200


def test_a_router_that_cannot_be_found_is_a_crash_too() -> None:
    with serving(router, ROUTER="tests.django.nowhere.router"):
        frame = Gateway().send("note", "x", id="1")
        assert error_of(frame)["code"] == "internal_error"
        assert Gateway().connect().status_code == 500
        assert Gateway().disconnect().status_code == 200


@pytest.mark.parametrize(
    ("name", "code", "detail"),
    [
        ("404", "not_found", None),
        ("403", "permission_denied", None),
        ("one", "invalid_payload", [([], "Too late.", "late")]),
        (
            "list",
            "invalid_payload",
            [([], "Too late.", "invalid"), ([], "Too dear.", "dear")],
        ),
        (
            "dict",
            "invalid_payload",
            [(["date"], "Too late.", "invalid"), ([], "Both.", "invalid")],
        ),
        ("params", "invalid_payload", [([], "At most 3.", "most")]),
    ],
)
def test_exceptions_of_django_are_error_frames(
    name: str, code: str, detail: Any
) -> None:
    frame = Gateway().send("raise", name, id="1")
    error = error_of(frame)
    assert (error["code"], frame["id"]) == (code, "1")
    found = error.get("detail")
    assert detail == (found and [(e["loc"], e["msg"], e["type"]) for e in found])
    assert "secrets" not in str(frame)
    assert "ada" not in str(frame)


def test_an_error_of_ones_own_travels_whole() -> None:
    assert error_of(Gateway().send("raise", "own")) == {
        "code": "sold_out",
        "message": "None left.",
        "retry": True,
        "detail": {"left": 0},
    }


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


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("name", "status"), [("404", 404), ("403", 403), ("dict", 400), ("own", 400)]
)
def test_exceptions_of_django_in_connect_are_statuses(name: str, status: int) -> None:
    refusing = Router()

    @refusing.connect
    def refuse() -> None:
        raise ERRORS[name]

    with serving(refusing):
        assert Gateway().connect().status_code == status
