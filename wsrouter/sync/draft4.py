"""A pydantic type as a draft-04 JSON Schema that accepts whatever pydantic accepts.

pydantic's own schemas are drawn tighter than its lax mode: it takes `"7"` for an
integer. So this one is drawn from the core schema; what it does not know is anything.
"""

import math
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from pydantic import TypeAdapter

Schema = dict[str, Any]
Core = Mapping[str, Any]

ANYTHING: Schema = {}
_SCALAR = ("string", "number", "boolean")
REFERENCES = 300
"""How many a schema follows; what is behind more of them is anything. Types that all
contain each other would otherwise take hours, and AWS takes 32 K of a schema."""
_APART = ("model", "dataclass")
_INNER = ("schema", "lax_schema", "json_schema")


def schema_of(payload: Any) -> Schema:
    """What JSON values of that type look like, no tighter than pydantic."""
    return _Drawing().draw(TypeAdapter(payload).core_schema, {})


class _Drawing:
    """Follows one core schema; a recursive definition ends in anything, and so does one
    reference too many."""

    def __init__(self) -> None:
        self._definitions: dict[str, Core] = {}
        self._open: set[str] = set()
        self._left = REFERENCES

    def draw(self, core: Core, config: Core) -> Schema:
        draw = _DRAWN.get(core["type"])
        return draw(self, core, _own(core, config)) if draw else dict(ANYTHING)

    def _inner(self, core: Core, config: Core) -> Schema:
        return self.draw(next(core[name] for name in _INNER if name in core), config)

    def _default(self, core: Core, config: Core) -> Schema:
        forgiving = core.get("on_error", "raise") != "raise"
        return dict(ANYTHING) if forgiving else self._inner(core, config)

    def _model(self, core: Core, config: Core) -> Schema:
        return dict(ANYTHING) if core.get("custom_init") else self._inner(core, config)

    def _definitions_of(self, core: Core, config: Core) -> Schema:
        self._definitions |= {each["ref"]: each for each in core["definitions"]}
        return self.draw(core["schema"], config)

    def _reference(self, core: Core, config: Core) -> Schema:
        ref = core["schema_ref"]
        if ref in self._open or ref not in self._definitions or not self._left:
            return dict(ANYTHING)
        self._left -= 1
        self._open.add(ref)
        try:
            return self.draw(self._definitions[ref], config)
        finally:
            self._open.discard(ref)

    def _null(self, core: Core, config: Core) -> Schema:
        return {"type": "null"}

    def _scalar(self, core: Core, config: Core) -> Schema:
        return {"type": list(_SCALAR)}

    def _number(self, core: Core, config: Core) -> Schema:
        """Strings and booleans pass, where bounds do not count."""
        return {"type": list(_SCALAR), **_bounds(core)}

    def _string(self, core: Core, config: Core) -> Schema:
        if _flag("coerce_numbers_to_str", core, config):
            return {"type": list(_SCALAR)}
        stripped = core.get("strip_whitespace", config.get("str_strip_whitespace"))
        longest = {} if stripped else _sizes(core, maximum="maxLength")
        return {"type": "string", **_sizes(core, minimum="minLength"), **longest}

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
        """Repeated items are taken once, so that only the minimum is sure."""
        sizes = _sizes(core, minimum="minItems")
        return {"type": "array", **self._items(core, config), **sizes}

    def _items(self, core: Core, config: Core) -> Schema:
        items = self.draw(core.get("items_schema", {"type": "any"}), config)
        return {"items": items} if items else {}

    def _tuple(self, core: Core, config: Core) -> Schema:
        return {"type": "array"}

    def _dict(self, core: Core, config: Core) -> Schema:
        values = self.draw(core.get("values_schema", {"type": "any"}), config)
        extra = {"additionalProperties": values} if values else {}
        return {"type": "object", **extra}

    def _nullable(self, core: Core, config: Core) -> Schema:
        return _any_of([{"type": "null"}, self._inner(core, config)])

    def _union(self, core: Core, config: Core) -> Schema:
        choices = [
            each[0] if isinstance(each, tuple) else each for each in core["choices"]
        ]
        return _any_of([self.draw(each, config) for each in choices])

    def _tagged(self, core: Core, config: Core) -> Schema:
        return _any_of([self.draw(each, config) for each in core["choices"].values()])

    def _fields(self, core: Core, config: Core) -> Schema:
        listed = core["fields"]
        fields = (
            [(each["name"], each) for each in listed]
            if isinstance(listed, list)
            else list(listed.items())
        )
        properties: Schema = {}
        required: list[str] = []
        for name, each in fields:
            names = list(_names(name, each, config))
            drawn = self.draw(each["schema"], config)
            properties |= dict.fromkeys(names, drawn)
            if _is_plain(name, each, config) and self._is_required(core, each):
                required += names
        plain = all(_is_plain(name, each, config) for name, each in fields)
        closed = _is_closed(core, config) and plain
        return _object(properties, required, closed=closed)

    def _is_required(self, core: Core, each: Core) -> bool:
        total = core["type"] != "typed-dict" or core.get("total", True)
        return bool(each.get("required", total)) and not self._has_default(
            each["schema"]
        )

    def _has_default(self, core: Core) -> bool:
        if core["type"] == "default":
            return True
        if core["type"] == "definition-ref":
            core = self._definitions.get(core["schema_ref"], {"type": "default"})
            return bool(core["type"] == "default")
        wrapped = core["type"].startswith("function-") or core["type"] == "nullable"
        return wrapped and "schema" in core and self._has_default(core["schema"])


def _own(core: Core, config: Core) -> Core:
    """Its configuration whole: a model takes nothing over from the one around it."""
    around: Core = {} if core["type"] in _APART else config
    found: Core = core.get("config") or around
    return found


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
    """Draft-04 has exclusive bounds as a flag beside the bound."""
    found: Schema = {}
    for name, word, flag in (
        ("ge", "minimum", False),
        ("gt", "minimum", True),
        ("le", "maximum", False),
        ("lt", "maximum", True),
    ):
        value = core.get(name)
        if isinstance(value, int | float) and math.isfinite(value):
            both = word in found
            found[word] = value if not both else _looser(word, found[word], value)
            if flag and not both:
                found[f"exclusive{word.capitalize()}"] = True
            elif both:
                found.pop(f"exclusive{word.capitalize()}", None)
    return found


def _looser(word: str, one: float, other: float) -> float:
    return min(one, other) if word == "minimum" else max(one, other)


def _choice(values: Any) -> Schema:
    if all(isinstance(value, str) for value in values):
        return {"enum": sorted({str.__str__(value) for value in values})}
    return dict(ANYTHING)


def _any_of(choices: list[Schema]) -> Schema:
    return {"anyOf": choices} if all(choices) else dict(ANYTHING)


def _names(name: str, field: Core, config: Core) -> Iterator[str]:
    """The names a field may have in JSON; none when they are paths."""
    alias = field.get("validation_alias", name)
    by_name = config.get("populate_by_name") or config.get("validate_by_name")
    if isinstance(alias, str) and config.get("validate_by_alias", True):
        yield alias
    if (by_name and name != alias) or not config.get("validate_by_alias", True):
        yield name


def _is_plain(name: str, field: Core, config: Core) -> bool:
    """Whether it has one name, whatever else it might be found by."""
    paths = not isinstance(field.get("validation_alias", name), str)
    elsewhere = paths and config.get("validate_by_alias", True)
    return len(list(_names(name, field, config))) == 1 and not elsewhere


def _is_closed(core: Core, config: Core) -> bool:
    behaviour = core.get("extra_behavior", config.get("extra_fields_behavior"))
    return bool(behaviour == "forbid")


def _object(properties: Schema, required: list[str], *, closed: bool) -> Schema:
    return {
        "type": "object",
        **({"properties": properties} if properties else {}),
        **({"required": required} if required else {}),
        **({"additionalProperties": False} if closed else {}),
    }


_DRAWN: Mapping[str, Callable[[_Drawing, Core, Core], Schema]] = {
    "none": _Drawing._null,
    "bool": _Drawing._scalar,
    "date": _Drawing._scalar,
    "datetime": _Drawing._scalar,
    "decimal": _Drawing._scalar,
    "time": _Drawing._scalar,
    "timedelta": _Drawing._scalar,
    "float": _Drawing._number,
    "int": _Drawing._number,
    "str": _Drawing._string,
    "bytes": _Drawing._text,
    "json": _Drawing._text,
    "multi-host-url": _Drawing._text,
    "url": _Drawing._text,
    "uuid": _Drawing._text,
    "literal": _Drawing._literal,
    "enum": _Drawing._enum,
    "list": _Drawing._list,
    "set": _Drawing._set,
    "frozenset": _Drawing._set,
    "tuple": _Drawing._tuple,
    "dict": _Drawing._dict,
    "nullable": _Drawing._nullable,
    "union": _Drawing._union,
    "tagged-union": _Drawing._tagged,
    "model": _Drawing._model,
    "dataclass": _Drawing._inner,
    "model-fields": _Drawing._fields,
    "typed-dict": _Drawing._fields,
    "dataclass-args": _Drawing._fields,
    "default": _Drawing._default,
    "function-after": _Drawing._inner,
    "custom-error": _Drawing._inner,
    "lax-or-strict": _Drawing._inner,
    "json-or-python": _Drawing._inner,
    "definitions": _Drawing._definitions_of,
    "definition-ref": _Drawing._reference,
}
