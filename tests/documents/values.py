"""Values of JSON Schemas, as far as documents use these."""

import json
from collections.abc import Mapping
from typing import Any

from hypothesis import strategies as st

from wsrouter.documents.component_names import resolved

Schema = Mapping[str, Any]
Values = st.SearchStrategy[Any]
_TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
_INTEGERS = st.integers(-(2**53), 2**53)
_FLOATS = st.floats(-1e300, 1e300, allow_nan=False, width=64)
_ANYTHING = st.recursive(
    st.one_of(st.none(), st.booleans(), _INTEGERS, _TEXT),
    lambda inner: (
        st.lists(inner, max_size=2) | st.dictionaries(_TEXT, inner, max_size=2)
    ),
    max_leaves=4,
)
_FORMATS: Mapping[str, Values] = {
    "date": st.dates().map(str),
    "date-time": st.datetimes(timezones=st.just(None)).map(
        lambda at: f"{at.isoformat()}Z"
    ),
    "time": st.times().map(lambda at: f"{at.isoformat()}Z"),
    "duration": st.integers(0, 10**6).map(lambda seconds: f"PT{seconds}S"),
    "uuid": st.uuids().map(str),
    "binary": _TEXT,
}
MAX_DEPTH = 5


class ValuesOf:
    """The values of the schemas of one document."""

    def __init__(self, components: Mapping[str, Any]) -> None:
        self.components = components

    def __call__(self, schema: Schema, depth: int = 0) -> Values:
        found = resolved(dict(schema), self.components)
        for union in ("anyOf", "oneOf"):
            if union in found:
                return self._union(found, found[union], depth)
        if "const" in found:
            return st.just(found["const"])
        if "enum" in found:
            return st.sampled_from(found["enum"])
        return self._of_type(found, depth)

    def _union(self, schema: Schema, choices: list[Any], depth: int) -> Values:
        if depth > MAX_DEPTH:
            choices = [min(choices, key=lambda choice: len(json.dumps(choice)))]
        needed = schema.get("required", [])
        choices = [resolved(dict(choice), self.components) for choice in choices]
        if any("[0-9]{" in choice.get("pattern", "") for choice in choices):
            # A schema cannot limit the digits of a number, only those of a text.
            choices = [one for one in choices if one.get("type") != "number"]
        return st.one_of(
            self(
                {**choice, "required": [*choice.get("required", []), *needed]}
                if needed
                else choice,
                depth + 1,
            )
            for choice in choices
        )

    def _of_type(self, schema: Schema, depth: int) -> Values:
        match schema.get("type"):
            case "null":
                return st.none()
            case "boolean":
                return st.booleans()
            case "integer":
                return _integers(schema)
            case "number":
                return _numbers(schema)
            case "string":
                return _strings(schema)
            case "array":
                return self._array(schema, depth)
            case "object":
                return self._object(schema, depth)
        return _ANYTHING

    def _array(self, schema: Schema, depth: int) -> Values:
        first = schema.get("prefixItems")
        if first is not None:
            least = schema.get("minItems", len(first))
            shortest = st.tuples(*(self(one, depth + 1) for one in first[:least]))
            whole = st.tuples(*(self(one, depth + 1) for one in first))
            return st.one_of(shortest, whole).map(list)
        is_deep = depth > MAX_DEPTH
        least = schema.get("minItems", 0)
        most = schema.get("maxItems", least if is_deep else least + 3)
        items = self(schema.get("items", {}), depth + 1) if most else st.nothing()
        unique = {"unique_by": json.dumps} if schema.get("uniqueItems") else {}
        return st.lists(items, min_size=least, max_size=most, **unique)

    def _object(self, schema: Schema, depth: int) -> Values:
        members = schema.get("properties", {})
        required = {
            name: self(members[name], depth + 1) for name in schema.get("required", ())
        }
        optional = {
            name: self(member, depth + 1)
            for name, member in members.items()
            if name not in required and depth <= MAX_DEPTH
        }
        named = st.fixed_dictionaries(required, optional=optional)
        return st.tuples(self._others(schema, depth), named).map(
            lambda pair: {**pair[0], **pair[1]}
        )

    def _others(self, schema: Schema, depth: int) -> Values:
        """The members that the schema does not name."""
        values = schema.get("additionalProperties", "properties" not in schema)
        if not values or depth > MAX_DEPTH:
            return st.just({})
        names: Values = _TEXT.map(lambda text: f"more {text}")
        if patterns := schema.get("patternProperties"):
            ((pattern, values),) = patterns.items()
            names = _matching(pattern)
        if "propertyNames" in schema:
            names = self({"type": "string", **schema["propertyNames"]}, depth)
        inner = _ANYTHING if values is True else self(values, depth + 1)
        return st.dictionaries(names, inner, max_size=2)


def _integers(schema: Schema) -> Values:
    step = schema.get("multipleOf", 1)
    least = schema.get("minimum", schema.get("exclusiveMinimum", -(2**53)) + 1)
    most = schema.get("maximum", schema.get("exclusiveMaximum", 2**53) - 1)
    return st.integers(-(-least // step), most // step).map(lambda n: n * step)


def _numbers(schema: Schema) -> Values:
    if "exclusiveMinimum" in schema:
        return st.floats(schema["exclusiveMinimum"], 1e9, exclude_min=True)
    return st.one_of(_INTEGERS, _FLOATS)


def _strings(schema: Schema) -> Values:
    if "pattern" in schema:
        least, most = schema.get("minLength", 0), schema.get("maxLength", 20)
        found = _matching(schema["pattern"])
        return found.filter(lambda text: least <= len(text) <= most)
    if "format" in schema:
        return _FORMATS[schema["format"]]
    least = schema.get("minLength", 0)
    letters = st.characters(exclude_categories=["Cs"])
    return st.text(letters, min_size=least, max_size=schema.get("maxLength", least + 8))


def _matching(pattern: str) -> Values:
    return st.from_regex(pattern.removeprefix("^").removesuffix("$"), fullmatch=True)
