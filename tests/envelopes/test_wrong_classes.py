"""Envelope classes that are wrong: an error of `check`, or an error frame; never a
traceback for the client."""

import logging
import sys
from collections.abc import Iterator
from types import ModuleType
from typing import Any

import pytest
from django.core.checks import run_checks

from tests.django.events import Gateway, error_of, serving
from tests.envelopes import routes
from wsrouter import ClientMessage, Envelope, InvalidEnvelope, MessageError
from wsrouter.testing import WebSocketClient


class Right(Envelope):
    """Speaks what the nested envelope speaks."""

    def read(self, body: bytes) -> ClientMessage:
        members = self.members(body)
        return ClientMessage(
            members["action"], members.get("id"), members.get("payload")
        )

    def reply(self, action: str, id: Any, payload: Any) -> Any:
        return {"type": "reply", "id": id, "payload": payload}

    def event(self, name: str, id: str, payload: Any) -> Any:
        return {"type": name, "payload": payload}

    def error(self, action: Any, id: Any, error: MessageError) -> Any:
        return {"type": "error", "id": id, "error": {"code": error.code}}


class Incomplete(Envelope):
    read = Right.read
    reply = Right.reply
    error = Right.error


class Narrow(Right):
    def reply(self, action: str, id: Any) -> Any:  # type: ignore[override]
        return None


class Late(Right):
    async def read(self, body: bytes) -> ClientMessage:  # type: ignore[override]
        return super().read(body)


class Demanding(Right):
    def __init__(self, name: str) -> None:
        self.name = name


class Keyed(Right):
    key = "$.action"


class Unselectable(Right):
    key = None


@pytest.fixture(autouse=True)
def _importable() -> Iterator[ModuleType]:
    module = ModuleType("wrong_envelopes")
    vars(module).update(globals())
    sys.modules["wrong_envelopes"] = module
    yield module
    del sys.modules["wrong_envelopes"]


REFUSED = {
    "Incomplete": "wrong_envelopes.Incomplete lacks the method event()",
    "Narrow": "wrong_envelopes.Narrow has a method reply() that does not take 3",
    "Late": "wrong_envelopes.Late has an async method read()",
    "Demanding": "wrong_envelopes.Demanding() raised TypeError",
    "Keyed": "wrong_envelopes.Keyed has the key '$.action'",
    "pytest": "wrong_envelopes.pytest is not a subclass of wsrouter.Envelope",
    "Absent": "wrong_envelopes.Absent cannot be imported: AttributeError",
}


@pytest.mark.parametrize(("name", "why"), REFUSED.items(), ids=list(REFUSED))
def test_a_class_that_check_refuses(name: str, why: str) -> None:
    with serving(routes.router, ENVELOPE=f"wrong_envelopes.{name}"):
        [error] = [found for found in run_checks() if found.id == "wsrouter.E001"]
    assert f"WSROUTER['default']['ENVELOPE']: {why}" in error.msg


@pytest.mark.parametrize("value", ["nest", 7, None, "a module", "wrong_envelopes."])
def test_a_value_that_is_no_path(value: Any) -> None:
    with serving(routes.router, ENVELOPE=value):
        found = [error.msg for error in run_checks() if error.id == "wsrouter.E001"]
    if value is None:
        assert found == []
    else:
        assert "must be 'nested', 'flat' or the dotted path" in found[0]


CONTRADICTIONS = {
    "VALIDATE_AT_GATEWAY": (Right, True),
    "ROUTE_SELECTION_EXPRESSION": (Right, "$request.body.method"),
    "DEFAULT_ROUTE": (Unselectable, False),
}


@pytest.mark.parametrize("setting", CONTRADICTIONS)
def test_settings_that_contradict(setting: str) -> None:
    chosen, value = CONTRADICTIONS[setting]
    path = f"wrong_envelopes.{chosen.__name__}"
    with serving(routes.router, ENVELOPE=path, **{setting: value}):
        [error] = [found for found in run_checks() if found.id == "wsrouter.E001"]
    assert error.msg.startswith(f"WSROUTER['default']['{setting}']")
    assert chosen.__name__ in error.msg


def served(**methods: Any) -> Any:
    """A gateway whose envelope has these methods."""
    sys.modules["wrong_envelopes"].Made = type("Made", (Right,), methods)  # type: ignore[attr-defined]
    return serving(routes.router, ENVELOPE="wrong_envelopes.Made")


def broken(*_: Any) -> Any:
    raise KeyError("secret text")


BROKEN = {
    "read raises": ({"read": broken}, "Made.read raised KeyError"),
    "read returns a dict": ({"read": lambda *_: {}}, "Made.read returned dict"),
    "read returns no action": (
        {"read": lambda *_: ClientMessage(7)},  # type: ignore[arg-type]
        "a ClientMessage whose action is int",
    ),
    "read returns no JSON": (
        {"read": lambda *_: ClientMessage("orders.awatch", "1", object())},
        "a payload with object in it",
    ),
    "reply raises": ({"reply": broken}, "Made.reply raised KeyError"),
    "reply returns no JSON": ({"reply": lambda *_: {1, 2}}, "what is no JSON"),
}


@pytest.mark.parametrize("key", ["orders.awatch", "$default"])
@pytest.mark.parametrize(("methods", "why"), BROKEN.values(), ids=list(BROKEN))
def test_a_message_is_answered_with_an_error(
    methods: Any,
    why: str,
    key: str,
    db: None,
    caplog: pytest.LogCaptureFixture,
) -> None:
    body = b'{"action": "orders.awatch", "id": "1", "payload": {"order_id": 7}}'
    with served(**methods), caplog.at_level(logging.ERROR):
        answered = Gateway().text(key, body)
    assert answered.status_code == 200
    assert b"secret" not in answered.content
    assert error_of(answered.json())["code"] == "internal_error"
    assert why in caplog.text


@pytest.mark.parametrize(
    "methods",
    [
        {"error": broken},
        {"error": lambda *_: object()},
        {"read": broken, "error": broken},
    ],
    ids=["error raises", "error returns no JSON", "nothing works"],
)
@pytest.mark.parametrize(
    "body",
    [b'{"action": "no.such", "id": "1"}', b'{"action": "crash", "id": "1"}', b"[" * 99],
    ids=["unknown", "crash", "too deep"],
)
def test_an_error_that_cannot_be_written(
    methods: Any, body: bytes, db: None, caplog: pytest.LogCaptureFixture
) -> None:
    """The library's own form is the last resort."""
    with served(**methods):
        answered = Gateway().text("$default", body)
    assert answered.status_code == 200
    assert error_of(answered.json())["code"] == "internal_error"
    assert "Made.error" in caplog.text


@pytest.mark.parametrize(
    "event", [broken, lambda *_: None, lambda *_: b"bytes"], ids=["raises", "None", "b"]
)
def test_an_event_that_cannot_be_written(event: Any, db: None) -> None:
    with served(event=event), WebSocketClient() as client:
        with pytest.raises(InvalidEnvelope, match=r"Made\.event"):
            routes.news.send(routes.News(**routes.NEWS), everyone=True, now=True)
        assert client.frames == []


def test_a_value_error_is_a_malformed_frame(db: None) -> None:
    def read(_: Any, body: bytes) -> ClientMessage:
        return ClientMessage(body.decode("ascii"))

    with served(read=read):
        answered = Gateway().text("orders.count", "ä".encode())
    assert error_of(answered.json())["code"] == "malformed_frame"


@pytest.mark.parametrize("value", [1.5, True, [], "x" * 129, 2**63])
def test_an_id_that_no_client_may_have(value: Any, db: None) -> None:
    with served(read=lambda *_: ClientMessage("orders.count", value)):
        answered = Gateway().text("orders.count", b"{}")
    # The route is selected already and needs no id; the frame is refused all the same.
    assert error_of(answered.json())["code"] == "malformed_frame"


def test_a_test_that_sends_without_the_method(db: None) -> None:
    with served(), WebSocketClient() as client:
        with pytest.raises(TypeError, match=r"Made has no method message\(\)"):
            client.send("orders.count")
        client.send_text('{"action": "orders.count", "id": "1"}')
        assert client.receive("reply")["payload"] == {"count": 2}
