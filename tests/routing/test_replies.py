"""What a handler returns, on its way to the client."""

import math
from collections.abc import Callable
from datetime import date
from typing import Any

import orjson
import pytest
from pydantic import BaseModel, Field

from tests.routing.builders import Gateway, Run
from wsrouter import Router
from wsrouter.errors import InvalidReply
from wsrouter.wire.limits import MESSAGE_BYTES


class Order(BaseModel):
    order_id: int = Field(serialization_alias="orderId")
    day: date | None = None


class Row:
    """As a Django model's instance: attributes, no dict."""

    order_id = 7
    day = date(2026, 1, 2)


def returning(value: Any, annotation: Any = Any) -> Gateway:
    router = Router()

    def handler() -> Any:
        return value

    handler.__annotations__["return"] = annotation
    router.route("a")(handler)
    return Gateway(router)


def test_the_whole_reply(run: Run) -> None:
    router = Router()

    @router.route("orders.watch")
    async def handler() -> Order:
        return Order(order_id=7)

    gateway = Gateway(router, run=run)
    answer = gateway.raw(b'{"action":"orders.watch","id":"7"}')
    assert answer.status == 200
    assert not answer.failed
    assert answer.body == (
        b'{"type":"reply","action":"orders.watch","id":"7",'
        b'"payload":{"orderId":7,"day":null}}'
    )


def test_nothing_is_acknowledged_to_who_gave_an_id() -> None:
    gateway = returning(None, None)
    assert gateway.send({"action": "a", "id": 0}) == {
        "type": "reply",
        "action": "a",
        "id": 0,
        "payload": None,
    }
    answer = gateway.raw(b'{"action": "a"}')
    assert (answer.status, answer.body, answer.failed) == (200, b"", False)


def test_a_value_without_an_id_is_a_reply_too() -> None:
    frame = {"type": "reply", "action": "a", "payload": [1]}
    assert returning([1]).send({"action": "a"}) == frame


@pytest.mark.parametrize(
    ("value", "annotation", "sent"),
    [
        (Row(), Order, {"orderId": 7, "day": "2026-01-02"}),
        ([Row()], list[Order], [{"orderId": 7, "day": "2026-01-02"}]),
        ({"order_id": "7"}, Order, {"orderId": 7, "day": None}),
        ({date(2026, 1, 2)}, Any, ["2026-01-02"]),
        (math.nan, float, None),
        ({"x": math.inf}, Any, {"x": None}),
        ("ü\n", str, "ü\n"),
    ],
)
def test_values(value: Any, annotation: Any, sent: Any) -> None:
    assert returning(value, annotation).call("a") == sent


def test_integers_above_64_bits() -> None:
    for value, annotation in [(2**80, int), ([2**80], Any), ({2**80}, set[int])]:
        answer = returning(value, annotation).raw(b'{"action": "a", "id": 1}')
        assert str(2**80).encode() in answer.body


circle: list[Any] = []
circle.append(circle)


@pytest.mark.parametrize(
    ("value", "annotation"),
    [
        ("seven", int),
        (7, None),
        (None, Order),
        (Row, Order),
        pytest.param(object(), Any, id="object"),
        (circle, Any),
        ("\ud800", str),
        ("\ud800", Any),
    ],
    ids=repr,
)
def test_what_is_no_reply_is_our_crash(value: Any, annotation: Any) -> None:
    gateway = returning(value, annotation)
    answer = gateway.send({"action": "a", "id": "1"})
    assert answer == {
        "type": "error",
        "action": "a",
        "id": "1",
        "error": {
            "code": "internal_error",
            "message": "Something went wrong.",
            "retry": False,
        },
    }
    (crash,) = gateway.crashes
    assert isinstance(crash, InvalidReply)
    assert "returning.<locals>.handler" in str(crash)


@pytest.mark.parametrize(
    ("annotation", "spelled"),
    [(Order, "(Order)"), (list[int], "(list[int])"), (Order | None, "Order | None)")],
)
def test_the_annotation_is_spelled_as_it_was_written(
    annotation: Any, spelled: str
) -> None:
    gateway = returning("x", annotation)
    gateway.send({"action": "a", "id": "1"})
    (crash,) = gateway.crashes
    assert spelled in str(crash)
    assert "<class" not in str(crash)


def of_bytes(size: int) -> Callable[[], str]:
    """A handler whose whole reply to the id 1 has that many bytes."""
    around = len(b'{"type":"reply","action":"a","id":1,"payload":""}')
    return lambda: "x" * (size - around)


def test_the_largest_reply() -> None:
    router = Router()
    router.route("a")(of_bytes(MESSAGE_BYTES))
    answer = Gateway(router).raw(b'{"action": "a", "id": 1}')
    assert len(answer.body) == MESSAGE_BYTES
    assert not answer.failed


def test_a_reply_that_is_too_large() -> None:
    router = Router()
    router.route("a")(of_bytes(MESSAGE_BYTES + 1))
    answer = Gateway(router).raw(b'{"action": "a", "id": 1}')
    error = orjson.loads(answer.body)
    assert error["error"]["code"] == "reply_too_large"
    assert str(MESSAGE_BYTES) in error["error"]["message"]
    assert (error["action"], error["id"]) == ("a", 1)
    assert answer.failed
