"""Request models: an invalid message never reaches the backend."""

import json
import re
from dataclasses import replace
from typing import Any

import pytest

from tests.local.conftest import Start
from tests.local.recording_backend import RecordingBackend, Response
from tests.local.running_gateway import snapshot
from wsrouter.catalog.snapshot import Model, Snapshot
from wsrouter.errors import MissingExtra
from wsrouter.local.rules import message_schema
from wsrouter.local.rules.behaviour import Behaviour

ID = r"[A-Za-z0-9_-]{15}="
SCHEMA = {
    "$schema": "http://json-schema.org/draft-04/schema#",
    "type": "object",
    "properties": {"size": {"type": "integer", "minimum": 0, "exclusiveMinimum": True}},
    "required": ["size"],
}


def with_model(schema: Any = SCHEMA) -> Snapshot:
    made = snapshot("order", "$default")
    route = replace(made.routes["order"], model="Order")
    model = Model(name="Order", schema=json.dumps(schema))
    return replace(
        made, routes={**made.routes, "order": route}, models={"Order": model}
    )


def frame(third: str) -> str:
    return (
        rf'\{{"message" : "Bad request body", "connectionId": "{ID}",'
        rf' "{third}": "{ID}"\}}'
    )


@pytest.mark.parametrize("third", ["messageId", "requestId"])
def test_an_invalid_message_gets_the_error_frame(
    backend: RecordingBackend, start: Start, third: Any
) -> None:
    backend.respond = lambda request: Response(body=b"ok")
    gateway = start(with_model(), behaviour=Behaviour(validation_key=third))
    with gateway.connect() as client:
        for size in ("0", '"1"', "null"):
            client.send(f'{{"action": "order", "size": {size}}}')
            assert re.fullmatch(frame(third), str(client.recv(timeout=30)))
        assert not backend.of("MESSAGE")
        client.send('{"action": "order", "size": 1}')
        assert client.recv(timeout=30) == "ok"
        client.send('{"action": "no model"}')
        assert client.recv(timeout=30) == "ok"


def test_models_may_be_skipped(backend: RecordingBackend, start: Start) -> None:
    backend.respond = lambda request: Response(body=b"ok")
    gateway = start(with_model(), behaviour=Behaviour(validation="skipped"))
    with gateway.connect() as client:
        client.send('{"action": "order"}')
        assert client.recv(timeout=30) == "ok"


def test_a_model_of_default_refuses_text_that_is_not_json(
    backend: RecordingBackend, start: Start
) -> None:
    made = with_model()
    route = replace(made.routes["$default"], model="Order")
    made = replace(made, routes={**made.routes, "$default": route})
    with start(made).connect() as client:
        client.send("no JSON")
        assert re.fullmatch(frame("messageId"), str(client.recv(timeout=30)))


def test_models_need_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "jsonschema", None)
    message_schema.require_validator(snapshot())
    with pytest.raises(MissingExtra, match=r"django-wsrouter\[local\]"):
        message_schema.require_validator(with_model({"title": "not cached"}))
