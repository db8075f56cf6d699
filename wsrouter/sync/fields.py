"""Snapshot values flattened to members that can be compared one by one."""

from collections.abc import Iterator, Mapping
from dataclasses import fields, is_dataclass, replace
from typing import Any

from wsrouter.catalog.snapshot import Integration
from wsrouter.sync.change import MASK, Fields
from wsrouter.sync.digest import SECRET_TARGET
from wsrouter.wire.mapping import OPTIONAL_TARGETS

SECRET_MEMBER = f"request_parameters.{SECRET_TARGET}"
_NOT_COMPARED = {"key", "has_response", "operation_name"}


def members(value: Any) -> dict[str, Any]:
    """The members that say something: inner ones as `outer.inner`, empty values left
    out."""
    flat = _flat(value) if value is not None else ()
    return {name: item for name, item in flat if item not in (None, "", ())}


def compare(old: Mapping[str, Any], new: Mapping[str, Any]) -> Fields:
    """The members that differ, secrets masked."""
    return {
        name: _shown(name, old.get(name), new.get(name))
        for name in sorted({*old, *new})
        if old.get(name) != new.get(name)
    }


def without_optional(integration: Integration) -> Integration:
    """The integration without the mappings that AWS may refuse."""
    kept = {
        target: source
        for target, source in integration.request_parameters.items()
        if target not in OPTIONAL_TARGETS
    }
    return replace(integration, request_parameters=kept)


def has_secret(integration: Integration) -> bool:
    """Whether the secret was at hand."""
    return SECRET_TARGET in integration.request_parameters


def _flat(value: Any) -> Iterator[tuple[str, Any]]:
    for name, item in _parts(value):
        if isinstance(item, Mapping) or is_dataclass(item):
            yield from ((f"{name}.{inner}", each) for inner, each in _flat(item))
        else:
            yield name, item


def _parts(value: Any) -> Iterator[tuple[str, Any]]:
    if isinstance(value, Mapping):
        yield from value.items()
        return
    for each in fields(value):
        if each.name not in _NOT_COMPARED:
            yield each.name, getattr(value, each.name)


def _shown(name: str, old: Any, new: Any) -> tuple[Any, Any]:
    if name != SECRET_MEMBER:
        return old, new
    return old and MASK, new and MASK
