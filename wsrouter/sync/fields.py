"""Snapshot values flattened to fields that can be compared one by one."""

import dataclasses
from collections.abc import Iterator, Mapping
from dataclasses import is_dataclass, replace
from typing import Any

from wsrouter.catalog.snapshot import Integration
from wsrouter.sync.change import MASK, Fields
from wsrouter.sync.digest import SECRET_TARGET
from wsrouter.wire.mapping import OPTIONAL_TARGETS

SECRET_FIELD = f"request_parameters.{SECRET_TARGET}"
_NOT_COMPARED = {"key", "has_response", "operation_name"}


def fields(value: Any) -> dict[str, Any]:
    """The non-empty fields of a value; nested ones are named `outer.inner`."""
    flat = _flat(value) if value is not None else ()
    return {name: item for name, item in flat if item not in (None, "", ())}


def compare(old: Mapping[str, Any], new: Mapping[str, Any]) -> Fields:
    """The fields that differ, with secrets masked."""
    return {
        name: _masked(name, old.get(name), new.get(name))
        for name in sorted({*old, *new})
        if old.get(name) != new.get(name)
    }


def without_optional_mappings(integration: Integration) -> Integration:
    """The integration without the mappings that AWS may refuse."""
    kept = {
        target: source
        for target, source in integration.request_parameters.items()
        if target not in OPTIONAL_TARGETS
    }
    return replace(integration, request_parameters=kept)


def knows_secret(integration: Integration) -> bool:
    """Whether the integration was made with the SECRET of the settings, or needs
    none."""
    is_known = SECRET_TARGET in integration.request_parameters
    return is_known or integration.invokes_function


def _flat(value: Any) -> Iterator[tuple[str, Any]]:
    for name, item in _items(value):
        if isinstance(item, Mapping) or is_dataclass(item):
            for inner_name, inner_item in _flat(item):
                yield f"{name}.{inner_name}", inner_item
        else:
            yield name, item


def _items(value: Any) -> Iterator[tuple[str, Any]]:
    if isinstance(value, Mapping):
        yield from value.items()
        return
    for field in dataclasses.fields(value):
        if field.name not in _NOT_COMPARED:
            yield field.name, getattr(value, field.name)


def _masked(name: str, old: Any, new: Any) -> tuple[Any, Any]:
    if name != SECRET_FIELD:
        return old, new
    return old and MASK, new and MASK
