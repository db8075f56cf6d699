"""Values of an application as JSON: the replies of handlers, the payloads of events.

There are two attempts. The first one leaves everything to pydantic and is fast. The
second one is for what pydantic does not know: managers of related objects, lazy
translations, iterators. It may read the database.
"""

from collections.abc import Collection
from dataclasses import fields, is_dataclass
from typing import Any

from pydantic import BaseModel, TypeAdapter, ValidationError

from wsrouter.routing.django_types import (
    LAZY_TEXT,
    MANAGER,
    MODEL,
    QUERYSET,
    RAW_QUERYSET,
    is_a,
    stands_for,
)

MAX_NESTING = 64
"""Levels of containers in which the second attempt looks for what pydantic does not
know."""
_LAZY_MODULE = "django.utils.functional"
"""Has the types of objects and texts that may read the database when they are used."""
Json = bytes
"""JSON in UTF-8."""


class NotJson(ValueError):
    """A value cannot be JSON. The message has the type at fault and no content."""


def written(adapter: "TypeAdapter[Any]", value: Any) -> Json:
    """Both attempts. Raises as `dump_again` does."""
    first = dump(adapter, value)
    return first if isinstance(first, bytes) else dump_again(adapter, value, first)


def dump(adapter: "TypeAdapter[Any]", value: Any) -> Json | Exception:
    """The first attempt; the error is for `dump_again`."""
    if hasattr(type(value), "__next__"):
        return _ReadOnceError(value)
    if type(value).__module__ == _LAZY_MODULE:
        return TypeError(f"{type(value).__qualname__} may read the database.")
    try:
        # Fields are found by their names, too: an instance of a model does not have
        # the attributes that aliases name, and a default would take their place.
        valid = adapter.validator.validate_python(
            value, from_attributes=True, by_alias=True, by_name=True
        )
        return adapter.serializer.to_json(valid, by_alias=True)
    except Exception as error:  # noqa: BLE001  # the second attempt decides
        return error


def dump_again(adapter: "TypeAdapter[Any]", value: Any, error: Exception) -> Json:
    """The second attempt, after the first one failed with `error`. Raises
    ValidationError, NotJson or what the value's own code raises."""
    if hasattr(type(value), "__next__"):
        value = list(value)
    try:
        prepared = _prepared(value)
    except _ReadOnceError as read:
        if isinstance(error, ValidationError):
            raise error from None
        raise NotJson(read.kind) from None
    unknown: list[str] = []

    def fallback(found: Any) -> Any:
        if is_a(found, LAZY_TEXT):
            return str(found)
        unknown.append(_type_name(found))
        raise NotJson

    valid = adapter.validator.validate_python(
        prepared, from_attributes=True, by_alias=True, by_name=True
    )
    try:
        return adapter.serializer.to_json(
            valid, by_alias=True, fallback=fallback, warnings=False
        )
    except ValidationError:
        raise
    except ValueError as failure:
        raise NotJson(*unknown or [type(failure).__name__]) from None


class _ReadOnceError(TypeError):
    """An iterator: a failed attempt may have read from it."""

    def __init__(self, value: Any) -> None:
        self.kind = type(value).__qualname__
        super().__init__(f"{self.kind} is an iterator.")


class _Attributes:
    """Stands for an instance of a Django model: its attributes, prepared."""

    __slots__ = ("_wsrouter_model",)

    def __init__(self, model: Any) -> None:
        self._wsrouter_model = model

    def __getattr__(self, name: str) -> Any:
        return _prepared(getattr(self._wsrouter_model, name))


def _type_name(value: Any) -> str:
    model = value._wsrouter_model if isinstance(value, _Attributes) else value
    return type(model).__qualname__


_ATOMS = (str, bytes, bytearray, memoryview)


def _prepared(value: Any, levels: int = MAX_NESTING) -> Any:
    """The value with what pydantic does not know replaced by what it knows; the value
    itself where it knows everything. Raises _ReadOnceError for an iterator inside."""
    if levels == 0 or isinstance(value, type):
        return value
    if hasattr(type(value), "__next__"):
        raise _ReadOnceError(value)
    if is_a(value, MANAGER):
        value = value.all()
    if is_a(value, QUERYSET) or is_a(value, RAW_QUERYSET):
        return [_prepared(row) for row in value]
    if stands_for(value, MODEL):
        return _Attributes(value)
    if is_a(value, LAZY_TEXT):
        return str(value)
    return _prepared_members(value, levels - 1)


def _prepared_members(value: Any, levels: int) -> Any:
    if isinstance(value, dict):
        members = {
            _prepared(key): _prepared(member, levels) for key, member in value.items()
        }
        return value if _are_same(members.values(), value.values()) else members
    if isinstance(value, BaseModel):  # was validated when it was made
        for member in vars(value).values():
            _prepared(member, levels)
        return value
    if is_dataclass(value):
        before = {
            field.name: getattr(value, field.name)
            for field in fields(value)
            if field.init
        }
        members = _prepared_members(before, levels)
        return value if members is before else members
    if isinstance(value, Collection) and not isinstance(value, _ATOMS):
        return _prepared_items(value, levels)
    return value


def _prepared_items(value: Collection[Any], levels: int) -> Any:
    items = [_prepared(member, levels) for member in value]
    if _are_same(items, value):
        return value
    return tuple(items) if isinstance(value, tuple) else items


def _are_same(first: Collection[Any], second: Collection[Any]) -> bool:
    return all(a is b for a, b in zip(first, second, strict=False))
