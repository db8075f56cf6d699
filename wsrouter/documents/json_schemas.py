"""pydantic's JSON Schemas, as documents need them."""

import json
from collections.abc import Callable, Mapping
from typing import Any

from pydantic.json_schema import GenerateJsonSchema, JsonSchemaValue

from wsrouter.documents.type_names import TypeName, type_name

Schema = dict[str, Any]
TYPE_MARK = "x-wsrouter-type"
"""Where a schema keeps the name of its type until its component is named."""


class SchemaGenerator(GenerateJsonSchema):
    """What differs from pydantic: every field of an output that has a default is
    required, since it is always written; unions have no OpenAPI discriminator; fields
    have no titles made of their names; a type without a schema accepts anything."""

    ignored_warning_kinds = {  # noqa: RUF012  # as pydantic declares it
        "non-serializable-default",
        "skipped-choice",
        "skipped-discriminator",
    }

    def field_is_required(self, field: Any, total: bool) -> bool:
        is_written = (
            self.mode == "serialization"
            and field["type"] != "typed-dict-field"
            and field.get("serialization_exclude_if") is None
        )
        return is_written or super().field_is_required(field, total)

    def field_title_should_be_set(self, schema: Any) -> bool:
        return False

    def tagged_union_schema(self, schema: Any) -> JsonSchemaValue:
        """pydantic needs the tag also of a model in which it has a default."""
        union = super().tagged_union_schema(schema)
        union.pop("discriminator", None)
        tag = schema["discriminator"]
        if self.mode == "validation" and isinstance(tag, str):
            union["required"] = [tag]
        return union

    def decimal_schema(self, schema: Any) -> JsonSchemaValue:
        """An output may have an exponent, which pydantic's own pattern denies."""
        found = super().decimal_schema(schema)
        if self.mode == "serialization":
            found.pop("pattern", None)
        for choice in found.get("anyOf", ()):
            if choice.get("type") == "string":
                choice["pattern"] = _decimal_pattern(schema)
        return found

    def dict_schema(self, schema: Any) -> JsonSchemaValue:
        """The names of members are strings, also where they stand for numbers."""
        found = super().dict_schema(schema)
        keys = schema.get("keys_schema", {})
        if keys.get("type") == "int":
            found["propertyNames"] = {"pattern": r"^-?[0-9]+$"}
        if keys.get("type") == "enum":
            values = [member.value for member in keys["members"]]
            if not all(isinstance(value, str) for value in values):
                found["propertyNames"] = {"enum": list(map(str, values))}
        return found

    def model_schema(self, schema: Any) -> JsonSchemaValue:
        return _marked(super().model_schema(schema), schema)

    def dataclass_schema(self, schema: Any) -> JsonSchemaValue:
        return _marked(super().dataclass_schema(schema), schema)

    def typed_dict_schema(self, schema: Any) -> JsonSchemaValue:
        return _marked(super().typed_dict_schema(schema), schema)

    def enum_schema(self, schema: Any) -> JsonSchemaValue:
        return _marked(super().enum_schema(schema), schema)

    def handle_invalid_for_json_schema(
        self, schema: Any, error_info: str
    ) -> JsonSchemaValue:
        return {}

    def encode_default(self, dft: Any) -> Any:
        """The members of a set come in another order in every process."""
        encoded = super().encode_default(dft)
        if isinstance(dft, set | frozenset) and isinstance(encoded, list):
            return sorted(encoded, key=json.dumps)
        return encoded


def type_mark(schema: Schema) -> TypeName | None:
    """The name of the type that a schema was made of."""
    found = schema.get(TYPE_MARK)
    return TypeName(*found) if found else None


def changed_everywhere(
    schema: Any, change: Callable[[Schema], Mapping[str, Any]]
) -> Any:
    """A copy in which `change` was applied to every object, the innermost first."""
    if isinstance(schema, dict):
        inner = {
            name: changed_everywhere(value, change) for name, value in schema.items()
        }
        return change(inner)
    if isinstance(schema, list):
        return [changed_everywhere(item, change) for item in schema]
    return schema


def _marked(found: JsonSchemaValue, schema: Any) -> JsonSchemaValue:
    if "$ref" not in found and (cls := schema.get("cls")):
        found[TYPE_MARK] = list(type_name(cls))
    return found


def _decimal_pattern(schema: Any) -> str:
    places, digits = schema.get("decimal_places"), schema.get("max_digits")
    if places is None:
        return r"^-?[0-9]+(\.[0-9]+)?$"
    whole = "+" if digits is None else f"{{1,{max(digits - places, 1)}}}"
    fraction = rf"(\.[0-9]{{1,{places}}})?" if places else ""
    return rf"^-?[0-9]{whole}{fraction}$"
