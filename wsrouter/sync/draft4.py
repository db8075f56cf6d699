"""A pydantic type as a draft-04 JSON Schema that accepts whatever pydantic accepts.

pydantic's own JSON schemas are stricter than its lax mode, which takes `"7"` for an
integer. So the schema here is built from pydantic's core schema. A core schema of an
unknown kind becomes the schema that accepts anything.
"""

import math
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from pydantic import TypeAdapter

Schema = dict[str, Any]
Core = Mapping[str, Any]

ANYTHING: Schema = {}
_SCALAR = ("string", "number", "boolean")
MAX_REFERENCES = 300
"""How many references are followed in one schema; a further one accepts anything.
Types that all contain each other would otherwise take hours, and AWS accepts 32 K
characters of a schema (API reference of Amazon API Gateway V2)."""
_WITH_OWN_CONFIG = ("model", "dataclass")
_INNER = ("schema", "lax_schema", "json_schema")


def schema_of(payload: Any) -> Schema:
    """The schema of the JSON values that pydantic accepts for this type."""
    return _SchemaBuilder().build(TypeAdapter(payload).core_schema, {})


class _SchemaBuilder:
    """Builds the schema of one core schema. A reference accepts anything where it is
    recursive, or beyond `MAX_REFERENCES`."""

    def __init__(self) -> None:
        self._definitions: dict[str, Core] = {}
        self._being_followed: set[str] = set()
        self._references_left = MAX_REFERENCES

    def build(self, core: Core, config: Core) -> Schema:
        build = _BUILDERS.get(core["type"])
        return build(self, core, _config_of(core, config)) if build else dict(ANYTHING)

    def _inner(self, core: Core, config: Core) -> Schema:
        return self.build(next(core[name] for name in _INNER if name in core), config)

    def _default(self, core: Core, config: Core) -> Schema:
        has_fallback = core.get("on_error", "raise") != "raise"
        return dict(ANYTHING) if has_fallback else self._inner(core, config)

    def _model(self, core: Core, config: Core) -> Schema:
        return dict(ANYTHING) if core.get("custom_init") else self._inner(core, config)

    def _definitions_of(self, core: Core, config: Core) -> Schema:
        self._definitions |= {inner["ref"]: inner for inner in core["definitions"]}
        return self.build(core["schema"], config)

    def _reference(self, core: Core, config: Core) -> Schema:
        ref = core["schema_ref"]
        if (
            ref in self._being_followed
            or ref not in self._definitions
            or not self._references_left
        ):
            return dict(ANYTHING)
        self._references_left -= 1
        self._being_followed.add(ref)
        try:
            return self.build(self._definitions[ref], config)
        finally:
            self._being_followed.discard(ref)

    def _null(self, core: Core, config: Core) -> Schema:
        return {"type": "null"}

    def _scalar(self, core: Core, config: Core) -> Schema:
        return {"type": list(_SCALAR)}

    def _number(self, core: Core, config: Core) -> Schema:
        """Strings and booleans are accepted too; the bounds apply to numbers only."""
        return {"type": list(_SCALAR), **_bounds(core)}

    def _string(self, core: Core, config: Core) -> Schema:
        if _flag("coerce_numbers_to_str", core, config):
            return {"type": list(_SCALAR)}
        is_stripped = core.get("strip_whitespace", config.get("str_strip_whitespace"))
        maximum = {} if is_stripped else _sizes(core, maximum="maxLength")
        return {"type": "string", **_sizes(core, minimum="minLength"), **maximum}

    def _text(self, core: Core, config: Core) -> Schema:
        return {"type": "string"}

    def _literal(self, core: Core, config: Core) -> Schema:
        return _choice(core["expected"])

    def _enum(self, core: Core, config: Core) -> Schema:
        if core.get("missing") is not None:
            return dict(ANYTHING)
        return _choice([member.value for member in core["members"]])

    def _list(self, core: Core, config: Core) -> Schema:
        sizes = _sizes(core, minimum="minItems", maximum="maxItems")
        return {"type": "array", **self._items(core, config), **sizes}

    def _set(self, core: Core, config: Core) -> Schema:
        """Without a maximum: repeated items count once in a set."""
        sizes = _sizes(core, minimum="minItems")
        return {"type": "array", **self._items(core, config), **sizes}

    def _items(self, core: Core, config: Core) -> Schema:
        items = self.build(core.get("items_schema", {"type": "any"}), config)
        return {"items": items} if items else {}

    def _tuple(self, core: Core, config: Core) -> Schema:
        return {"type": "array"}

    def _dict(self, core: Core, config: Core) -> Schema:
        values = self.build(core.get("values_schema", {"type": "any"}), config)
        extra = {"additionalProperties": values} if values else {}
        return {"type": "object", **extra}

    def _nullable(self, core: Core, config: Core) -> Schema:
        return _any_of([{"type": "null"}, self._inner(core, config)])

    def _union(self, core: Core, config: Core) -> Schema:
        listed = core["choices"]
        choices = [item[0] if isinstance(item, tuple) else item for item in listed]
        return _any_of([self.build(choice, config) for choice in choices])

    def _tagged(self, core: Core, config: Core) -> Schema:
        choices = core["choices"].values()
        return _any_of([self.build(choice, config) for choice in choices])

    def _fields(self, core: Core, config: Core) -> Schema:
        listed = core["fields"]
        fields = (
            [(field["name"], field) for field in listed]
            if isinstance(listed, list)
            else list(listed.items())
        )
        properties: Schema = {}
        required: list[str] = []
        for name, field in fields:
            names = list(_names(name, field, config))
            schema = self.build(field["schema"], config)
            properties |= dict.fromkeys(names, schema)
            if _has_one_name(name, field, config) and self._is_required(core, field):
                required += names
        plain = all(_has_one_name(name, field, config) for name, field in fields)
        closed = _forbids_extra(core, config) and plain
        return _object(properties, required, closed=closed)

    def _is_required(self, core: Core, field: Core) -> bool:
        total = core["type"] != "typed-dict" or core.get("total", True)
        return bool(field.get("required", total)) and not self._has_default(
            field["schema"]
        )

    def _has_default(self, core: Core) -> bool:
        if core["type"] == "default":
            return True
        if core["type"] == "definition-ref":
            core = self._definitions.get(core["schema_ref"], {"type": "default"})
            return bool(core["type"] == "default")
        is_wrapper = core["type"].startswith("function-") or core["type"] == "nullable"
        return is_wrapper and "schema" in core and self._has_default(core["schema"])


def _config_of(core: Core, config: Core) -> Core:
    """The core schema's own configuration, or that of the schema around it. Models and
    dataclasses do not inherit the one around them."""
    inherited: Core = {} if core["type"] in _WITH_OWN_CONFIG else config
    own: Core = core.get("config") or inherited
    return own


def _flag(name: str, core: Core, config: Core) -> bool:
    return bool(core.get(name, config.get(name, False)))


def _sizes(core: Core, *, minimum: str = "", maximum: str = "") -> Schema:
    names = {minimum: "min_length", maximum: "max_length"}
    return {
        name: core[source]
        for name, source in names.items()
        if name and core.get(source) is not None
    }


def _bounds(core: Core) -> Schema:
    """In draft-04, an exclusive bound is a flag beside the bound."""
    bounds: Schema = {}
    for name, keyword, is_exclusive in (
        ("ge", "minimum", False),
        ("gt", "minimum", True),
        ("le", "maximum", False),
        ("lt", "maximum", True),
    ):
        value = core.get(name)
        if isinstance(value, int | float) and math.isfinite(value):
            exclusive = f"exclusive{keyword.capitalize()}"
            if keyword in bounds:
                bounds[keyword] = _looser(keyword, bounds[keyword], value)
                bounds.pop(exclusive, None)
            else:
                bounds[keyword] = value
                if is_exclusive:
                    bounds[exclusive] = True
    return bounds


def _looser(keyword: str, one: float, other: float) -> float:
    return min(one, other) if keyword == "minimum" else max(one, other)


def _choice(values: Any) -> Schema:
    if all(isinstance(value, str) for value in values):
        return {"enum": sorted({str.__str__(value) for value in values})}
    return dict(ANYTHING)


def _any_of(choices: list[Schema]) -> Schema:
    return {"anyOf": choices} if all(choices) else dict(ANYTHING)


def _names(name: str, field: Core, config: Core) -> Iterator[str]:
    """The names that a field may have in JSON; none when it is found by a path."""
    alias = field.get("validation_alias", name)
    by_name = config.get("populate_by_name") or config.get("validate_by_name")
    if isinstance(alias, str) and config.get("validate_by_alias", True):
        yield alias
    if (by_name and name != alias) or not config.get("validate_by_alias", True):
        yield name


def _has_one_name(name: str, field: Core, config: Core) -> bool:
    """Whether the field is found by exactly one name, and by no path."""
    has_paths = not isinstance(field.get("validation_alias", name), str)
    by_path = has_paths and config.get("validate_by_alias", True)
    return len(list(_names(name, field, config))) == 1 and not by_path


def _forbids_extra(core: Core, config: Core) -> bool:
    behaviour = core.get("extra_behavior", config.get("extra_fields_behavior"))
    return bool(behaviour == "forbid")


def _object(properties: Schema, required: list[str], *, closed: bool) -> Schema:
    return {
        "type": "object",
        **({"properties": properties} if properties else {}),
        **({"required": required} if required else {}),
        **({"additionalProperties": False} if closed else {}),
    }


_BUILDERS: Mapping[str, Callable[[_SchemaBuilder, Core, Core], Schema]] = {
    "none": _SchemaBuilder._null,
    "bool": _SchemaBuilder._scalar,
    "date": _SchemaBuilder._scalar,
    "datetime": _SchemaBuilder._scalar,
    "decimal": _SchemaBuilder._scalar,
    "time": _SchemaBuilder._scalar,
    "timedelta": _SchemaBuilder._scalar,
    "float": _SchemaBuilder._number,
    "int": _SchemaBuilder._number,
    "str": _SchemaBuilder._string,
    "bytes": _SchemaBuilder._text,
    "json": _SchemaBuilder._text,
    "multi-host-url": _SchemaBuilder._text,
    "url": _SchemaBuilder._text,
    "uuid": _SchemaBuilder._text,
    "literal": _SchemaBuilder._literal,
    "enum": _SchemaBuilder._enum,
    "list": _SchemaBuilder._list,
    "set": _SchemaBuilder._set,
    "frozenset": _SchemaBuilder._set,
    "tuple": _SchemaBuilder._tuple,
    "dict": _SchemaBuilder._dict,
    "nullable": _SchemaBuilder._nullable,
    "union": _SchemaBuilder._union,
    "tagged-union": _SchemaBuilder._tagged,
    "model": _SchemaBuilder._model,
    "dataclass": _SchemaBuilder._inner,
    "model-fields": _SchemaBuilder._fields,
    "typed-dict": _SchemaBuilder._fields,
    "dataclass-args": _SchemaBuilder._fields,
    "default": _SchemaBuilder._default,
    "function-after": _SchemaBuilder._inner,
    "custom-error": _SchemaBuilder._inner,
    "lax-or-strict": _SchemaBuilder._inner,
    "json-or-python": _SchemaBuilder._inner,
    "definitions": _SchemaBuilder._definitions_of,
    "definition-ref": _SchemaBuilder._reference,
}
