"""What a value can be by its schema, in words."""

import json
from collections.abc import Collection, Mapping
from typing import Any

from wsrouter.documents.component_names import referenced, resolved
from wsrouter.documents.json_schemas import Schema

Alternatives = dict[str, Schema]
"""The alternatives of a schema by a word for each: `integer`, `string (date)`, `"red"`,
`Cat`. Objects that stand alone are called `object`, whatever their model is."""
ANYTHING = "anything"


def alternatives(schema: Schema, components: Mapping[str, Schema]) -> Alternatives:
    """Unions inside of unions are taken apart, too."""
    found: Alternatives = {}
    leaves = list(_leaves(schema, components, frozenset()))
    objects = [kind for kind, leaf in leaves if leaf.get("type") == "object"]
    for kind, leaf in leaves:
        is_single = leaf.get("type") == "object" and len(objects) == 1
        found["object" if is_single else kind] = leaf
    return found


def covers(kinds: Collection[str], kind: str) -> bool:
    """Whether a value of this kind is of one of `kinds`."""
    if kind in kinds or ANYTHING in kinds:
        return True
    plain = kind.partition(" (")[0]
    wider = {plain, "number" if plain == "integer" else plain, _type_of(kind)}
    return any(one in kinds for one in wider)


def _leaves(
    schema: Schema, components: Mapping[str, Schema], inside: frozenset[str]
) -> list[tuple[str, Schema]]:
    name = referenced(schema)
    if name in inside:
        return []
    found = resolved(schema, components)
    inside |= {name} if name else set()
    if choices := found.get("anyOf") or found.get("oneOf"):
        return [leaf for one in choices for leaf in _leaves(one, components, inside)]
    if "const" in found:
        return [(json.dumps(found["const"]), {})]
    if "enum" in found:
        return [(json.dumps(value), {}) for value in found["enum"]]
    types = found.get("type", ANYTHING)
    listed = types if isinstance(types, list) else [types]
    return [(_kind(one, found, name), {**found, "type": one}) for one in listed]


def _kind(type_: str, schema: Schema, name: str) -> str:
    if type_ == "object":
        plain = name.removesuffix(".Input").removesuffix(".Output")
        return schema.get("title") or plain or "object"
    if type_ == "string" and "format" in schema:
        return f"string ({schema['format']})"
    return type_


def _type_of(kind: str) -> str:
    """The type of a value that is spelled in JSON; empty for the name of a type."""
    try:
        value: Any = json.loads(kind)
    except ValueError:
        return ""
    names = {str: "string", bool: "boolean", int: "integer", float: "number"}
    return names.get(type(value), "null")
