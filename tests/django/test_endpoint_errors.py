"""What the endpoint answers when a message or its handler fails."""

import logging
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.signals import got_request_exception
from django.http import Http404
from pydantic_core import from_json

from tests.django.events import Gateway, answered, error_of, serving
from wsrouter import MessageError, Router

router = Router()


@router.route("note")
def note(payload: str) -> None: ...


@router.route("crash")
def crash() -> None:
    raise RuntimeError("the password is hunter2")


@router.route("acrash")
async def acrash() -> None:
    raise RuntimeError("the password is hunter2")


@router.route("raise")
def raise_(payload: str) -> None:
    raise ERRORS[payload]


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
