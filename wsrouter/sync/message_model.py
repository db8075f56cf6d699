"""The draft-04 model of a whole message: a payload in its envelope."""

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
_LONGEST_WORD = 60


def model(route: RouteSpec, gateway: Gateway, *, description: str) -> Model:
    """The model of a route's messages; AWS takes letters and digits in its name."""
    word = re.sub(r"[^A-Za-z0-9]", "", route.key)[:_LONGEST_WORD]
    mark = hashlib.sha256(f"{description} {route.key}".encode()).hexdigest()[:10]
    return Model(
        name=f"wsrouter{word}{mark}",
        schema=canonical(message_schema(route, gateway)),
        description=description,
    )


def canonical(schema: Schema) -> str:
    """One text for equal schemas."""
    return json.dumps(schema, sort_keys=True, separators=(",", ":"))


def message_schema(route: RouteSpec, gateway: Gateway) -> Schema:
    """What messages to this route look like, no tighter than Django takes them."""
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
    """An optional payload may be left out, whatever its members."""
    if route.payload is NO_PAYLOAD or route.is_optional:
        return _ANY_OBJECT
    taken = {_ID, selection.parse(gateway.route_selection_expression).key}
    return {**_ANY_OBJECT, **_opened(schema_of(route.payload), taken)}


def _opened(schema: Schema, taken: set[str | None]) -> Schema:
    """The payload's schema for an object that has the envelope's members too."""
    if "anyOf" in schema:
        return {"anyOf": [_opened(each, taken) for each in schema["anyOf"]]}
    kept: dict[str, Any] = {
        name: each for name, each in schema.items() if name != "additionalProperties"
    }
    if "properties" in kept:
        kept["properties"] = {
            name: each for name, each in kept["properties"].items() if name not in taken
        }
    if required := [name for name in kept.pop("required", ()) if name not in taken]:
        kept["required"] = required
    return kept
