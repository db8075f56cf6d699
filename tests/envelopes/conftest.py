"""The envelopes of docs/howto/envelopes.md, as they stand there, and the library's."""

import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from tests.django.events import serving
from tests.envelopes import routes
from wsrouter.testing import WebSocketClient

PAGE = Path(__file__).parents[2] / "docs" / "howto" / "envelopes.md"
BLOCK = re.compile(r"^```python\n(# shop/envelopes.py\n.*?)^```", re.M | re.S)
NUMBERS = {
    -32600: "malformed_frame",
    -32601: "unknown_route",
    -32602: "invalid_payload",
}


@dataclass(frozen=True)
class Answer:
    """What a frame says, whatever it looks like."""

    kind: str
    content: Any
    id: Any = None


@dataclass(frozen=True)
class Dialect:
    """An envelope, and how a front end that speaks it reads its frames."""

    setting: str
    has_ids: bool = True

    def read(self, frame: Any) -> Answer:
        return {
            "HandlerEnvelope": _bare,
            "JsonRpcEnvelope": _json_rpc,
            "OcppEnvelope": _ocpp,
        }.get(self.setting.rpartition(".")[2], _own)(frame)


def _own(frame: Any) -> Answer:
    if frame["type"] == "error":
        return Answer("error", frame["error"]["code"], frame.get("id"))
    kind = "reply" if frame["type"] == "reply" else "event"
    return Answer(kind, frame["payload"], frame.get("id"))


def _bare(frame: Any) -> Answer:
    if isinstance(frame, dict) and set(frame) == {"error", "message"}:
        return Answer("error", frame["error"])
    return Answer("event" if frame == routes.NEWS else "reply", frame)


def _json_rpc(frame: Any) -> Answer:
    assert frame.pop("jsonrpc") == "2.0"
    if "method" in frame:
        return Answer("event", frame["params"])
    if "error" in frame:
        error = frame["error"]
        code = error["data"]["code"]
        assert NUMBERS.get(error["code"], code) == code
        return Answer("error", code, frame["id"])
    return Answer("reply", frame["result"], frame["id"])


def _ocpp(frame: Any) -> Answer:
    match frame:
        case [3, id, payload]:
            return Answer("reply", payload, id)
        case [4, id, _, _, {"code": code}]:
            return Answer("error", code, id)
        case [2, _, _, payload]:
            return Answer("event", payload)
    raise AssertionError(frame)


def documented() -> ModuleType:
    """The classes of the page, as a module that ENVELOPE can name."""
    module = ModuleType("documented_envelopes")
    for block in BLOCK.findall(PAGE.read_text()):
        exec(compile(block, str(PAGE), "exec"), vars(module))  # the page's
    return module


DIALECTS = {
    "nested": Dialect("nested"),
    "flat": Dialect("flat"),
    "handler": Dialect("documented_envelopes.HandlerEnvelope", has_ids=False),
    "json-rpc": Dialect("documented_envelopes.JsonRpcEnvelope"),
    "ocpp": Dialect("documented_envelopes.OcppEnvelope"),
}


@pytest.fixture(autouse=True, scope="session")
def _importable() -> Iterator[None]:
    sys.modules["documented_envelopes"] = documented()
    yield
    del sys.modules["documented_envelopes"]


@pytest.fixture(params=list(DIALECTS))
def dialect(request: pytest.FixtureRequest) -> Iterator[Dialect]:
    chosen = DIALECTS[request.param]
    with serving(routes.router, ENVELOPE=chosen.setting):
        yield chosen


@pytest.fixture
def client(dialect: Dialect, db: None) -> Iterator[WebSocketClient]:
    with WebSocketClient(raise_exceptions=False) as opened:
        yield opened
