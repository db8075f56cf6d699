"""JSON-ready values as YAML, whose strings are those of JSON."""

import json
from collections.abc import Iterator
from typing import Any


def yaml(value: Any) -> str:
    """Block style with quoted strings: any YAML reader takes it."""
    return "\n".join(_lines(value, ""))


def _lines(value: Any, indent: str) -> Iterator[str]:
    if isinstance(value, dict) and value:
        for key, each in value.items():
            yield from _entry(f"{indent}{json.dumps(key)}:", each, indent)
    elif isinstance(value, list) and value:
        for each in value:
            yield from _entry(f"{indent}-", each, indent)
    else:
        yield f"{indent}{json.dumps(value)}"


def _entry(head: str, value: Any, indent: str) -> Iterator[str]:
    if isinstance(value, dict | list) and value:
        yield head
        yield from _lines(value, indent + "  ")
    else:
        yield f"{head} {json.dumps(value)}"
