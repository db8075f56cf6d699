"""Whatever a client sends, it is answered, in JSON, and in no more than 128 KB."""

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import BaseModel

from tests.routing.builders import Gateway
from wsrouter import Router
from wsrouter.wire.envelope import Flat, Nested
from wsrouter.wire.limits import MESSAGE_BYTES

FEW = settings(derandomize=True, max_examples=100, deadline=None, database=None)
values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=20,
)
frames = st.fixed_dictionaries(
    {},
    optional={
        "action": st.sampled_from(["echo", "model", "$default"]) | values,
        "id": values,
        "payload": values,
        "order_id": values,
    },
).map(lambda frame: json.dumps(frame).encode())
ids = st.text(max_size=128) | st.integers(-(2**63), 2**63 - 1)
bodies = st.binary() | values.map(lambda value: json.dumps(value).encode()) | frames


class Watch(BaseModel):
    order_id: int


def answering(*, default: bool) -> Router:
    router = Router()

    @router.route("echo")
    def echo(payload: Any) -> Any:
        return payload

    @router.route("model")
    def model(payload: Watch | list[Watch] | None = None) -> Any:
        return payload

    if default:
        router.default(lambda: None)
    return router


GATEWAYS = [
    Gateway(answering(default=default), envelope=envelope)
    for default in (False, True)
    for envelope in (Nested("action"), Flat("action"), Nested(None))
]


def no_constant(name: str) -> None:
    raise AssertionError(f"{name} is no JSON")


@pytest.mark.parametrize("gateway", GATEWAYS)
@FEW
@given(body=bodies, route_key=st.sampled_from(["echo", "model", "$default", "stale"]))
def test_every_body_is_answered(gateway: Gateway, body: bytes, route_key: str) -> None:
    answer = gateway.raw(body, route_key)
    assert answer.status == 200
    assert len(answer.body) <= MESSAGE_BYTES
    if answer.body:
        frame = json.loads(answer.body, parse_constant=no_constant)
        assert frame["type"] in {"reply", "error"}
    assert gateway.crashes == []


@FEW
@given(payload=values, client_id=ids)
def test_a_payload_comes_back_as_it_was(payload: Any, client_id: str | int) -> None:
    sent = {"action": "echo", "id": client_id, "payload": payload}
    frame = GATEWAYS[0].send(json.dumps(sent).encode(), "echo")
    plain = json.loads(json.dumps(payload), parse_constant=lambda _: None)
    assert json.dumps(frame["payload"]) == json.dumps(plain)
    assert frame["id"] == client_id
