"""Validators that stop at the first wrong item of a list, a set or a dict.

pydantic collects every problem of a payload: 129 KB of wrong items would take about 60
times as long as the same items right, to report twenty of them.
"""

from typing import Any

from pydantic import TypeAdapter
from pydantic_core import SchemaValidator

_CONTAINERS = frozenset(
    {
        "counter",
        "deque",
        "dict",
        "frozendict",
        "frozenset",
        "list",
        "ordered-dict",
        "set",
        "tuple",
    }
)
_NO_SCHEMAS = frozenset(
    {"config", "default", "expected", "members", "metadata", "serialization"}
)
"""Members of a schema that hold values of the application or settings."""


def validator(adapter: "TypeAdapter[Any]") -> Any:
    """The validator of the adapter's type that stops at the first wrong item."""
    schema: Any = adapter.core_schema
    if not isinstance(schema, dict):  # it is built later, when its names are known
        return adapter.validator
    # Otherwise the validators that pydantic has built for models would be used.
    return SchemaValidator(_failing_fast(schema), _use_prebuilt=False)


def _failing_fast(part: Any) -> Any:
    """A copy of a core schema, or of a part of it."""
    if isinstance(part, list | tuple):
        return type(part)(map(_failing_fast, part))
    if not isinstance(part, dict):
        return part
    kind = part.get("type")
    if not isinstance(kind, str):  # fields or choices by name
        return {name: _failing_fast(inner) for name, inner in part.items()}
    copied = {
        name: inner if name in _NO_SCHEMAS else _failing_fast(inner)
        for name, inner in part.items()
    }
    return copied | {"fail_fast": True} if kind in _CONTAINERS else copied
