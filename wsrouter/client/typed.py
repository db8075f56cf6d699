"""Payloads as the types that a caller names."""

from functools import lru_cache
from typing import Any

from pydantic import TypeAdapter
from pydantic_core import to_json


def validated(kind: Any, payload: Any) -> Any:
    """The payload as `kind`, any type that pydantic validates; None leaves it as it is.
    Raises pydantic's ValidationError."""
    return payload if kind is None else _validator(kind)(to_json(payload))


@lru_cache(maxsize=256)
def _validator(kind: Any) -> Any:
    return TypeAdapter(kind).validate_json
