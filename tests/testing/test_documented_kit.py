"""The examples in docs/reference/testing.md run."""

import re
import sys
import unittest
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from pydantic import BaseModel

from tests.django.events import serving
from wsrouter import Connection, Router
from wsrouter.testing import CapturedEvents, WebSocketClient

PAGE = Path(__file__).parents[2] / "docs" / "reference" / "testing.md"
BLOCKS = re.findall(r"```python\n(.*?)```", PAGE.read_text(), re.S)
router = Router()


class Watch(BaseModel):
    order_id: int


class OrderStatus(Watch):
    status: str


order_changed = router.event("orders.changed", OrderStatus)


@router.route("orders.watch")
def watch(payload: Watch, connection: Connection) -> OrderStatus:
    connection.join(f"order:{payload.order_id}")
    return OrderStatus(order_id=payload.order_id, status="placed")


@pytest.fixture(autouse=True)
def served(monkeypatch: pytest.MonkeyPatch, db: None) -> Iterator[None]:
    ws: Any = ModuleType("orders.ws")
    ws.order_changed = order_changed
    for module in (ModuleType("orders"), ws):
        monkeypatch.setitem(sys.modules, module.__name__, module)
    with serving(router):
        yield


def defined(name: str) -> Any:
    [code] = [block for block in BLOCKS if name in block]
    names: dict[str, Any] = {"__name__": __name__}
    exec(code, names)
    return names[name.split()[-1]]


@pytest.mark.parametrize("name", ["AsyncOrderTests", "ViewTests", "BadDayTests"])
def test_a_class(name: str) -> None:
    result = unittest.TestResult()
    case = defined(f"class {name}")
    unittest.defaultTestLoader.loadTestsFromTestCase(case).run(result)
    assert (result.testsRun, result.errors, result.failures) == (1, [], [])


def test_a_function(captured: CapturedEvents) -> None:
    defined("def test_an_order_sends_nothing")(WebSocketClient, captured)


@pytest.fixture
def captured() -> Iterator[CapturedEvents]:
    from wsrouter.testing import captured_events

    with captured_events() as sent:
        yield sent
