"""Gives the components of a document names that stay the same."""

import json
import re
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from typing import Any, NamedTuple

from wsrouter.documents.json_schemas import (
    TYPE_MARK,
    Schema,
    changed_everywhere,
    type_mark,
)
from wsrouter.documents.type_names import TypeName

REF = "#/components/schemas/"
_MODE = re.compile(r"-(Input|Output)(?:__\d+)?$")


class _Named(NamedTuple):
    """A component: the name that pydantic gave it, that of its type, and whether it is
    an input, an output, or both (an empty string)."""

    given: str
    type: TypeName
    direction: str
    schema: str


def renamed(components: Mapping[str, Schema]) -> dict[str, str]:
    """New names by those that pydantic gave. A type has its own name, and the qualified
    one if another type has the same; `Input` or `Output` follows where these differ."""
    named = [_named(given, schema) for given, schema in components.items()]
    found = {}
    for one, name in _distinguished(named).items():
        found[one.given] = name + (f".{one.direction}" if one.direction else "")
    return found


def referenced(schema: Schema) -> str:
    """The name of the component that a schema refers to; empty when it is none."""
    return str(schema.get("$ref", "")).removeprefix(REF)


def resolved(schema: Schema, components: Mapping[str, Schema]) -> Schema:
    """The schema that a reference leads to."""
    while name := referenced(schema):
        schema = components[name]
    return schema


def with_names(schema: Schema, names: Mapping[str, str]) -> Schema:
    """The schema with references to the new names, and without the marks of types."""

    def change(found: Schema) -> Mapping[str, Any]:
        reference = found.get("$ref")
        if isinstance(reference, str) and reference.startswith(REF):
            given = reference.removeprefix(REF)
            found["$ref"] = REF + names.get(given, given)
        if isinstance(found.get(TYPE_MARK), list):
            del found[TYPE_MARK]
        return found

    changed: Schema = changed_everywhere(schema, change)
    return changed


def _named(given: str, schema: Schema) -> _Named:
    plain = _MODE.sub("", given)
    direction = _MODE.search(given)
    return _Named(
        given=given,
        type=type_mark(schema) or TypeName(plain, plain, plain.replace("__", ".")),
        direction=direction.group(1) if direction else "",
        schema=json.dumps(schema, sort_keys=True),
    )


def _distinguished(named: Iterable[_Named]) -> dict[_Named, str]:
    found = {}
    for same in _grouped(named, lambda one: one.type.short).values():
        by_type = _grouped(same, lambda one: one.type)
        for of_type in by_type.values():
            name = _shortest(of_type[0].type, by_type)
            found.update(_numbered(name, of_type))
    return found


def _shortest(name: TypeName, others: Collection[TypeName]) -> str:
    """The shortest form by which all of `others` are told apart."""
    for forms in zip(*others, strict=True):
        if len(set(forms)) == len(others):
            return str(forms[list(others).index(name)])
    return name.qualified


def _numbered(name: str, of_type: Iterable[_Named]) -> dict[_Named, str]:
    """Classes that a function makes may differ and yet have the same qualified name."""
    found = {}
    for same in _grouped(of_type, lambda one: one.direction).values():
        ordered = sorted(same, key=lambda one: one.schema)
        for number, one in enumerate(ordered, 1):
            found[one] = name if number == 1 else f"{name}.{number}"
    return found


def _grouped(named: Iterable[_Named], key: Any) -> dict[Any, list[_Named]]:
    groups = defaultdict(list)
    for one in named:
        groups[key(one)].append(one)
    return groups
