"""Examples of payloads, as pydantic models give them."""

import json
from collections.abc import Mapping
from itertools import islice
from typing import Any

from pydantic import TypeAdapter, ValidationError

from wsrouter.documents.component_names import resolved
from wsrouter.documents.json_schemas import Schema

MAX_EXAMPLES = 5
_MISSING: Any = object()


def examples(
    schema: Schema,
    components: Mapping[str, Schema],
    adapter: "TypeAdapter[Any]",
    *,
    is_output: bool,
) -> list[Any]:
    """The examples of a payload's model; without any, one that is made of the examples
    of its fields. Those that pydantic does not accept are left out."""
    found = resolved(schema, components)
    listed = found.get("examples")
    if not isinstance(listed, list):
        listed = _made_of_fields(found, components)
    accepted = (_accepted(example, adapter, is_output) for example in listed)
    return list(islice((one for one in accepted if one is not _MISSING), MAX_EXAMPLES))


def _made_of_fields(schema: Schema, components: Mapping[str, Schema]) -> list[Any]:
    """Empty unless each required field has an example, and some field has one."""
    fields = schema.get("properties", {})
    values = {name: _example(field, components) for name, field in fields.items()}
    has_example = any("examples" in field for field in fields.values())
    if not has_example or any(
        values.get(name, _MISSING) is _MISSING for name in schema.get("required", ())
    ):
        return []
    return [{name: value for name, value in values.items() if value is not _MISSING}]


def _example(field: Schema, components: Mapping[str, Schema]) -> Any:
    listed = field.get("examples") or resolved(field, components).get("examples")
    if isinstance(listed, list) and listed:
        return listed[0]
    return field.get("const", field.get("default", _MISSING))


def _accepted(example: Any, adapter: "TypeAdapter[Any]", is_output: bool) -> Any:
    """The example as it is sent; `_MISSING` if it cannot be."""
    try:
        valid = adapter.validate_json(json.dumps(example), strict=True)
        return (
            adapter.dump_python(valid, mode="json", by_alias=True)
            if is_output
            else example
        )
    except (TypeError, ValueError, ValidationError):
        return _MISSING
