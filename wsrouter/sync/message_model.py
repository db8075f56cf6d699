"""The draft-04 model of a whole message: a payload in its envelope.

API Gateway validates messages against it before it calls Django (Developer Guide,
"Request validation for WebSocket APIs in API Gateway").
"""

import hashlib
import json
import re
from typing import Any

from wsrouter.catalog.routes import NO_PAYLOAD, RouteSpec
from wsrouter.catalog.snapshot import Model
from wsrouter.options.gateway import Gateway
from wsrouter.sync.draft4 import Schema, schema_of
from wsrouter.wire import selection

_ANY_OBJECT: Schema = {"type": "object"}
_ID = "id"
_READABLE_CHARACTERS = 60
"""How much of a route key a model's name repeats."""


def message_model(route: RouteSpec, gateway: Gateway, *, description: str) -> Model:
    """The model of a route's messages. Its name has letters and digits only, as AWS
    demands."""
    readable = re.sub(r"[^A-Za-z0-9]", "", route.key)[:_READABLE_CHARACTERS]
    unique = hashlib.sha256(f"{description} {route.key}".encode()).hexdigest()[:10]
    return Model(
        name=f"wsrouter{readable}{unique}",
        schema=canonical_json(message_schema(route, gateway)),
        description=description,
    )


def canonical_json(schema: Schema) -> str:
    """The same text for equal schemas."""
    return json.dumps(schema, sort_keys=True, separators=(",", ":"))


def message_schema(route: RouteSpec, gateway: Gateway) -> Schema:
    """The schema of messages to this route. It accepts every message that Django
    accepts."""
    schema = _flat(route, gateway) if gateway.envelope == "flat" else _nested(route)
    return {"$schema": "http://json-schema.org/draft-04/schema#", **schema}


def _nested(route: RouteSpec) -> Schema:
    if route.payload is NO_PAYLOAD:
        return _ANY_OBJECT
    required = {} if route.is_optional else {"required": ["payload"]}
    return {
        "type": "object",
        "properties": {"payload": schema_of(route.payload)},
        **required,
    }


def _flat(route: RouteSpec, gateway: Gateway) -> Schema:
    """An optional payload may be left out, so nothing is required of its fields."""
    if route.payload is NO_PAYLOAD or route.is_optional:
        return _ANY_OBJECT
    reserved = {_ID, selection.parse(gateway.route_selection_expression).key}
    return {**_ANY_OBJECT, **_beside_envelope(schema_of(route.payload), reserved)}


def _beside_envelope(schema: Schema, reserved: set[str | None]) -> Schema:
    """The payload's schema for an object that also has the envelope's `reserved`
    fields."""
    if "anyOf" in schema:
        choices = schema["anyOf"]
        return {"anyOf": [_beside_envelope(choice, reserved) for choice in choices]}
    kept: dict[str, Any] = {
        keyword: value
        for keyword, value in schema.items()
        if keyword != "additionalProperties"
    }
    if "properties" in kept:
        kept["properties"] = {
            name: value
            for name, value in kept["properties"].items()
            if name not in reserved
        }
    if required := [name for name in kept.pop("required", ()) if name not in reserved]:
        kept["required"] = required
    return kept
