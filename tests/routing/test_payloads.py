"""Payloads of any type that pydantic validates, by JSON's rules, in both envelopes."""

import math
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import Enum
from typing import Annotated, Any, Literal, NotRequired

import pytest
from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    Json,
    TypeAdapter,
    create_model,
    model_validator,
)
from typing_extensions import TypedDict

from tests.routing.builders import Gateway
from wsrouter import Router
from wsrouter.routing.ports import Envelope
from wsrouter.wire.envelope import Flat, Nested


class Colour(Enum):
    RED = "red"


class Model(BaseModel):
    order_id: int
    note: str = "none"


@dataclass
class Plain:
    order_id: int
    note: str = "none"


class Typed(TypedDict):
    order_id: int
    note: NotRequired[str]


class Strict(BaseModel):
    model_config = ConfigDict(strict=True, extra="forbid")

    day: date
    colour: Colour
    price: Decimal
    parts: tuple[int, ...] = ()


class Card(BaseModel):
    kind: Literal["card"]
    number: str


class Cash(BaseModel):
    kind: Literal["cash"]


Payment = Annotated[Card | Cash, Field(discriminator="kind")]


def nested(action: str, payload: Any) -> dict[str, Any]:
    return {"action": action, "id": "1", "payload": payload}


def flat(action: str, payload: Any) -> dict[str, Any]:
    return {"action": action, "id": "1", **payload}


SHAPES = [(Nested("action"), nested), (Flat("action"), flat)]


def taking(payload_type: Any, **options: Any) -> tuple[Router, list[Any]]:
    """A router with the route `a` for such a payload, and what its handler got."""
    router, seen = Router(), []

    def handler(payload: Any) -> None:
        seen.append(payload)

    handler.__annotations__["payload"] = payload_type
    if "default" in options:
        handler.__defaults__ = (options["default"],)
    router.route("a")(handler)
    return router, seen


@pytest.mark.parametrize(("envelope", "shape"), SHAPES, ids=["nested", "flat"])
@pytest.mark.parametrize(
    ("payload_type", "sent", "got"),
    [
        (Model, {"order_id": 7}, Model(order_id=7)),
        (Plain, {"order_id": 7}, Plain(7)),
        (Typed, {"order_id": 7}, {"order_id": 7}),
        (dict[str, int], {"order_id": 7}, {"order_id": 7}),
        (Model | None, {"order_id": 7}, Model(order_id=7)),
        (Payment, {"kind": "cash"}, Cash(kind="cash")),
        (
            Strict,
            {"day": "2026-01-02", "colour": "red", "price": "1.10", "parts": [1]},
            Strict(
                day=date(2026, 1, 2),
                colour=Colour.RED,
                price=Decimal("1.10"),
                parts=(1,),
            ),
        ),
        (dict[str, Any], {"big": 2**70}, {"big": 2**70}),
    ],
)
def test_objects(
    envelope: Envelope, shape: Any, payload_type: Any, sent: Any, got: Any
) -> None:
    router, seen = taking(payload_type)
    body = TypeAdapter(Any).dump_json(shape("a", sent))
    Gateway(router, envelope=envelope).send(body, "a")
    assert seen == [got]


@pytest.mark.parametrize(
    ("payload_type", "sent", "got"),
    [
        (list[int], [1, 2], [1, 2]),
        (int, 7, 7),
        (int, 2**80, 2**80),
        (int | None, None, None),
        (Model | None, None, None),
        (str, "text", "text"),
        (Any, {"a": [None]}, {"a": [None]}),
    ],
)
def test_other_values_in_a_nested_envelope(
    payload_type: Any, sent: Any, got: Any
) -> None:
    router, seen = taking(payload_type)
    Gateway(router).send(TypeAdapter(Any).dump_json(nested("a", sent)), "a")
    assert seen == [got]


@pytest.mark.parametrize(
    ("envelope", "body"),
    [
        (Nested("action"), b'{"action": "a", "payload": {"x": NaN}}'),
        (Flat("action"), b'{"action": "a", "x": NaN}'),
    ],
)
def test_not_a_number(envelope: Envelope, body: bytes) -> None:
    router, seen = taking(dict[str, float])
    Gateway(router, envelope=envelope).send(body, "a")
    assert math.isnan(seen[0]["x"])


@pytest.mark.parametrize(("envelope", "shape"), SHAPES, ids=["nested", "flat"])
def test_the_error_names_the_field(envelope: Envelope, shape: Any) -> None:
    router, seen = taking(Strict)
    gateway = Gateway(router, envelope=envelope)
    sent = {"day": "tomorrow", "colour": "red", "price": "1", "secret": "hunter2"}
    answer = gateway.send(shape("a", sent))
    assert seen == []
    assert answer["error"]["code"] == "invalid_payload"
    [first], second = (each["loc"] for each in answer["error"]["detail"])
    assert answer["error"]["message"].startswith(f"{first}: ")
    assert {first, *second} == {"day", "secret"}  # their order is pydantic's
    assert (answer["action"], answer["id"]) == ("a", "1")


@pytest.mark.parametrize(("envelope", "shape"), SHAPES, ids=["nested", "flat"])
def test_the_error_says_nothing_of_python(envelope: Envelope, shape: Any) -> None:
    """No `input`, `ctx` or `url` of pydantic."""
    router, _ = taking(Model)
    gateway = Gateway(router, envelope=envelope)
    answer = gateway.raw(
        TypeAdapter(Any).dump_json(shape("a", {"order_id": "hunter2"}))
    )
    assert b"hunter2" not in answer.body
    assert b"pydantic" not in answer.body
    assert b"ctx" not in answer.body
    assert answer.failed


def test_names_of_the_flat_envelope_are_not_the_payloads() -> None:
    class Forbidding(BaseModel):
        model_config = ConfigDict(extra="forbid")

        order_id: int

    router, seen = taking(Forbidding)
    frame = {"action": "a", "id": "1", "order_id": 7}
    Gateway(router, envelope=Flat("action")).send(frame)
    assert seen == [Forbidding(order_id=7)]


def test_a_field_of_json_text() -> None:
    """Its errors are the payload's, not the frame's."""

    class Wrapping(BaseModel):
        inner: Json[int]

    router, _ = taking(Wrapping)
    for envelope, shape in SHAPES:
        gateway = Gateway(router, envelope=envelope)
        answer = gateway.send(shape("a", {"inner": "{"}))
        assert answer["error"]["code"] == "invalid_payload"
        assert answer["error"]["detail"][0]["loc"] == ["inner"]


class Many(BaseModel):
    numbers: list[int]
    by_name: dict[str, int]
    more: "list[Many]" = []


@pytest.mark.parametrize(("envelope", "shape"), SHAPES, ids=["nested", "flat"])
def test_the_first_wrong_item_of_each_list_is_named(
    envelope: Envelope, shape: Any
) -> None:
    router, _ = taking(Many)
    wrong = {"numbers": [1, "x", "y"], "by_name": {"a": "x", "b": "y"}}
    sent = wrong | {"more": [wrong, wrong]}
    answer = Gateway(router, envelope=envelope).send(shape("a", sent))
    assert [each["loc"] for each in answer["error"]["detail"]] == [
        ["numbers", 1],
        ["by_name", "a"],
        ["more", 0, "numbers", 1],
        ["more", 0, "by_name", "a"],
    ]


def test_twenty_fields_are_named() -> None:
    fields: Any = {f"field{number}": (int, ...) for number in range(30)}
    router, _ = taking(create_model("Wide", **fields))
    answer = Gateway(router).send(nested("a", {}))
    assert len(answer["error"]["detail"]) == 20


class Unbuilt(BaseModel):
    model_config = ConfigDict(defer_build=True)

    default: list[int] = [1]
    type: dict[str, int] = {"type": 1}


def test_a_model_that_is_built_later() -> None:
    router, seen = taking(Unbuilt)
    gateway = Gateway(router)
    gateway.send(nested("a", {}))
    assert seen == [Unbuilt()]
    assert gateway.call("a", {"default": ["x", "y"]}) == "invalid_payload"


@pytest.mark.parametrize("envelope", [Nested("action"), Flat("action")])
def test_a_missing_payload(envelope: Envelope) -> None:
    router, seen = taking(Model)
    answer = Gateway(router, envelope=envelope).send({"action": "a"})
    assert answer["error"]["code"] == "invalid_payload"
    assert seen == []


@pytest.mark.parametrize("envelope", [Nested("action"), Flat("action")])
def test_the_default_stands_for_a_missing_payload(envelope: Envelope) -> None:
    fallback = Model(order_id=0)
    router, seen = taking(Model, default=fallback)
    Gateway(router, envelope=envelope).send({"action": "a"})
    assert seen == [fallback]


def test_a_null_is_not_missing() -> None:
    router, _ = taking(Model, default=Model(order_id=0))
    assert Gateway(router).call("a", None) == "invalid_payload"


def test_who_takes_no_payload_ignores_one() -> None:
    router = Router()
    router.route("a")(lambda: "called")
    for envelope, shape in SHAPES:
        gateway = Gateway(router, envelope=envelope)
        assert gateway.send(shape("a", {"more": 1}))["payload"] == "called"


def test_a_validator_that_crashes_is_our_crash() -> None:
    class Crashing(BaseModel):
        @model_validator(mode="before")
        @classmethod
        def crash(cls, _: Any) -> Any:
            raise KeyError("secret")

    router, _ = taking(Crashing)
    gateway = Gateway(router)
    assert gateway.call("a", {}) == "internal_error"
    assert len(gateway.crashes) == 1


@pytest.mark.parametrize(("envelope", "shape"), SHAPES, ids=["nested", "flat"])
def test_what_pydantic_stumbles_over_is_a_wrong_payload(
    envelope: Envelope, shape: Any
) -> None:
    """Before version 2.14, these raised Decimal's own ValueError."""

    class Price(BaseModel):
        price: Decimal

    router, seen = taking(Price)
    gateway = Gateway(router, envelope=envelope)
    answer = gateway.send(shape("a", {"price": [None, None, None]}))
    assert answer["error"]["code"] == "invalid_payload"
    assert seen == []
