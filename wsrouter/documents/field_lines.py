"""The fields of a payload, one line each, for people at a terminal."""

import json
from collections.abc import Mapping
from typing import Any

from wsrouter.documents.alternatives import alternatives
from wsrouter.documents.json_schemas import Schema

_LISTED = 6


def field_lines(schema: Schema, components: Mapping[str, Schema]) -> list[str]:
    """`item: string`, `count: integer = 1`, `note: string or null (optional)`. Empty
    for a value without fields; for a list those of its items; in a union the fields of
    each model follow its name."""
    objects = {
        name: found
        for name, found in alternatives(_items(schema), components).items()
        if "properties" in found
    }
    found: list[str] = []
    for name, each in objects.items():
        found += [f"{name}:"] if len(objects) > 1 else []
        found += _fields(each, components)
    return found


def _items(schema: Schema) -> Schema:
    """What a list holds, or a list of lists; any other schema as it is."""
    while isinstance(schema.get("items"), dict):
        schema = schema["items"]
    return schema


def _fields(schema: Schema, components: Mapping[str, Schema]) -> list[str]:
    required = schema.get("required", ())
    return [
        f"{name}: {_kinds(field, components)}{_default(field, name in required)}"
        for name, field in schema["properties"].items()
    ]


def _kinds(schema: Schema, components: Mapping[str, Schema]) -> str:
    kinds = [
        _kind(name, found, schema, components)
        for name, found in alternatives(schema, components).items()
    ]
    more = f" or {len(kinds) - _LISTED} more" if len(kinds) > _LISTED else ""
    return " or ".join(kinds[:_LISTED]) + more


def _kind(
    name: str, found: Schema, schema: Schema, components: Mapping[str, Schema]
) -> str:
    if name == "array" and isinstance(found.get("items"), dict):
        return f"array of {_kinds(found['items'], components)}"
    if name != "object":
        return name
    reference = str(schema.get("$ref", "")).rpartition("/")[2]
    model = reference.removesuffix(".Input").removesuffix(".Output")
    return str(found.get("title") or model or name)


def _default(field: Schema, is_required: bool) -> str:
    if is_required:
        return ""
    value: Any = field.get("default")
    return " (optional)" if value is None else f" = {json.dumps(value)}"
