"""docs/explanation/ordering-and-delivery.md: a repeated call takes effect once, events
in the wrong order show the newest, and one event in two groups arrives once."""

import json
import subprocess
from itertools import count
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any
from uuid import uuid4

import pytest

from tests.django.events import serving
from tests.docs_pages.blocks import blocks, install, put
from tests.programs import program
from wsrouter import Connection, Keep, Router
from wsrouter.testing import WebSocketClient

PAGE = "explanation/ordering-and-delivery.md"
pytestmark = pytest.mark.django_db
LATE = """
import { newest } from "./newest.mjs";
const drawn = [];
const draw = newest(({ order_id, version }) => drawn.push([order_id, version]));
for (const [order_id, version] of [[7, 2], [7, 1], [8, 1], [7, 2], [7, 3]]) {
  draw({ order_id, version });
}
console.log(JSON.stringify(drawn));
"""


class Orders:
    """As much of a manager as the page uses, without a table."""

    def __init__(self) -> None:
        self._numbers, self._rows = count(1), dict[Any, SimpleNamespace]()

    def get_or_create(self, key: Any, defaults: Any) -> tuple[SimpleNamespace, bool]:
        is_new = key not in self._rows
        if is_new:
            self._rows[key] = SimpleNamespace(pk=next(self._numbers), **defaults)
        return self._rows[key], is_new


@pytest.fixture
def made(monkeypatch: pytest.MonkeyPatch) -> dict[str, ModuleType]:
    models: Any = ModuleType("orders.models")
    models.Order = SimpleNamespace(objects=Orders())
    put(monkeypatch, "orders.models", models)
    return install(monkeypatch, PAGE)


def test_a_call_that_is_repeated_takes_effect_once(
    made: dict[str, ModuleType],
) -> None:
    order = {"key": str(uuid4()), "item": "tea"}
    with serving(made["orders/ws.py"].router):
        client = WebSocketClient().connect()
        first, second = (client.call("orders.place", order) for _ in range(2))
        other = client.call("orders.place", {**order, "key": str(uuid4())})
    assert first == {"number": 1, "is_new": True}
    assert second == {"number": 1, "is_new": False}
    assert other == {"number": 2, "is_new": True}


def test_the_newest_is_drawn_in_whatever_order_events_come(tmp_path: Path) -> None:
    (block,) = blocks(PAGE, "js")
    (tmp_path / "newest.mjs").write_text(block.text)
    (tmp_path / "late.mjs").write_text(LATE)
    node = [program("node"), "late.mjs"]
    printed = subprocess.check_output(node, cwd=tmp_path, text=True, timeout=60)
    assert json.loads(printed) == [[7, 2], [8, 1], [7, 3]]


@pytest.mark.parametrize("keep", [None, Keep()])
def test_one_event_in_two_groups_arrives_once(keep: Keep | None) -> None:
    router = Router()
    event = router.event("changed", int, keep=keep)

    @router.route("join")
    def join(connection: Connection) -> None:
        connection.join("one")
        connection.join("two")

    with serving(router):
        client = WebSocketClient().connect()
        client.subscribe("join")
        event.send(1, groups=["one", "two"])
        assert client.receive("changed")["payload"] == 1
        assert client.frames == []
