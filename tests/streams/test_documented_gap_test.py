"""The example in docs/reference/testing.md is a test that passes, and one that finds a
reply which is not the whole state."""

import re
import sys
import unittest
from collections.abc import Iterator
from itertools import count
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from pydantic import BaseModel

from tests.django.events import serving
from wsrouter import Connection, Keep, Router

PAGE = Path(__file__).parents[2] / "docs" / "reference" / "testing.md"
router = Router()


class Watch(BaseModel):
    order_id: int


class OrderStatus(Watch):
    status: str


order_changed = router.event("orders.changed", OrderStatus, keep=Keep())


class Order:
    """As much of a model as the example uses, without a table."""

    rows: dict[int, "Order"] = {}  # noqa: RUF012  # of all
    is_forgetful = False
    keys = count(1)

    def __init__(self, **values: Any) -> None:
        self.pk, self.status = next(self.keys), values["status"]

    @classmethod
    def create(cls, **values: Any) -> "Order":
        order = cls(**values)
        cls.rows[order.pk] = order
        return order

    def save(self) -> None: ...


@router.route("orders.watch")
def watch(payload: Watch, connection: Connection) -> OrderStatus:
    connection.join(f"order:{payload.order_id}")
    status = "" if Order.is_forgetful else Order.rows[payload.order_id].status
    return OrderStatus(order_id=payload.order_id, status=status)


@pytest.fixture
def case(monkeypatch: pytest.MonkeyPatch, db: None) -> Iterator[Any]:
    """The class of the example."""
    models: Any = ModuleType("orders.models")
    models.Order, Order.objects = Order, Order  # type: ignore[attr-defined]
    ws: Any = ModuleType("orders.ws")
    ws.order_changed = order_changed
    for module in (ModuleType("orders"), models, ws):
        monkeypatch.setitem(sys.modules, module.__name__, module)
    blocks = re.findall(r"```python\n(.*?)```", PAGE.read_text(), re.S)
    [code] = [block for block in blocks if "class GapTests" in block]
    names: dict[str, Any] = {"__name__": __name__}
    exec(code, names)
    with serving(router):
        yield names["GapTests"]


@pytest.mark.parametrize("is_forgetful", [False, True])
def test_the_example(
    case: Any, is_forgetful: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Order, "is_forgetful", is_forgetful)
    result = unittest.TestResult()
    unittest.defaultTestLoader.loadTestsFromTestCase(case).run(result)
    assert (result.testsRun, result.errors) == (2, [])
    failed = [test.id().rpartition(".")[2] for test, _ in result.failures]
    expected = ["test_after_a_gap_the_reply_has_the_whole_state"]
    assert failed == (expected if is_forgetful else [])
