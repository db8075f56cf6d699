"""Every message that an envelope reader accepts passes the model of its route."""

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft4Validator
from pydantic import BaseModel, ConfigDict

from tests.effort import examples
from tests.sync.bench import a_gateway
from wsrouter.catalog.routes import NO_PAYLOAD, RouteSpec
from wsrouter.sync.message_model import message_model, message_schema
from wsrouter.wire.envelope import Flat, Nested


class Watch(BaseModel):
    model_config = ConfigDict(extra="forbid")

    order_id: int
    quirks: str = ""


class Other(BaseModel):
    name: str


class Own(BaseModel):
    """Its member has the envelope's name, which a flat envelope takes away."""

    id: list[int] = []


CASES: dict[str, tuple[Any, Any]] = {
    "none": (NO_PAYLOAD, ...),
    "model": (Watch, ...),
    "optional": (Watch, None),
    "either": (Watch | Other, ...),
    "own id": (Own, ...),
    "dict": (dict[str, int], ...),
}
SCALARS = st.none() | st.integers() | st.sampled_from(["7", "x", 1.5, True])
BODIES = st.dictionaries(st.sampled_from(["order_id", "note", "name", "more"]), SCALARS)
MESSAGES = st.fixed_dictionaries(
    {},
    optional={
        "action": st.just("orders.watch"),
        "id": st.sampled_from(["7", 7, None, 1.5, []]),
        "payload": BODIES | SCALARS,
        "order_id": SCALARS,
        "name": SCALARS,
        "note": SCALARS,
    },
)


@pytest.mark.parametrize("envelope", ["nested", "flat"])
@pytest.mark.parametrize("case", CASES)
def test_no_accepted_message_is_refused(case: str, envelope: str) -> None:
    payload, default = CASES[case]
    route = RouteSpec(
        key="orders.watch",
        handler="x",
        payload=payload,
        is_optional=default is not ...,
    )
    gateway = a_gateway(envelope=envelope)
    schema = message_schema(route, gateway)
    Draft4Validator.check_schema(schema)
    kind = Flat if envelope == "flat" else Nested
    read = kind("action").reader(payload, default=default)

    @settings(max_examples=examples(200), deadline=None, database=None)
    @given(MESSAGES | BODIES | SCALARS)
    def holds(message: Any) -> None:
        body = json.dumps(message).encode()
        if read(body).problem:
            return
        Draft4Validator(schema).validate(json.loads(body))

    holds()


def test_a_wrong_payload_is_refused() -> None:
    route = RouteSpec(key="orders.watch", handler="x", payload=Watch)
    for envelope, message in {
        "nested": {"action": "orders.watch", "payload": {"note": "x"}},
        "flat": {"action": "orders.watch", "note": "x"},
    }.items():
        schema = message_schema(route, a_gateway(envelope=envelope))
        assert not Draft4Validator(schema).is_valid(message)


def test_names_are_what_aws_takes() -> None:
    keys = ["orders.watch", "orders watch", "ordersWatch", "é" * 100, "a" * 128]
    made = [
        message_model(
            RouteSpec(key=key, handler="x"), a_gateway(), description="wsrouter:a"
        )
        for key in keys
    ]

    names = {model.name for model in made}
    assert len(names) == len(keys)
    assert all(name.isascii() and name.isalnum() and len(name) <= 128 for name in names)
