"""pydantic below its documented surface."""

import dataclasses
from collections.abc import Mapping
from enum import Enum
from typing import Any, Literal
from uuid import UUID

import pytest
from pydantic import BaseModel, TypeAdapter, ValidationError, field_validator
from pydantic_core import SchemaError, SchemaValidator, from_json, to_json
from typing_extensions import TypedDict

from wsrouter.sync import draft4
from wsrouter.wire import fail_fast


class Model(BaseModel):
    a: int = 1


class Checked(BaseModel):
    a: int

    @field_validator("a")
    @classmethod
    def as_it_is(cls, value: int) -> int:
        return value


@dataclasses.dataclass
class Data:
    a: int


class Typed(TypedDict):
    a: int


class Color(Enum):
    RED = "red"


TYPES: Mapping[str, Any] = {
    "none": None,
    "bool": bool,
    "int": int,
    "float": float,
    "str": str,
    "bytes": bytes,
    "uuid": UUID,
    "list": list[int],
    "set": set[int],
    "frozenset": frozenset[int],
    "tuple": tuple[int, str],
    "dict": dict[str, int],
    "nullable": int | None,
    "union": int | str,
    "literal": Literal["a"],
    "enum": Color,
    "typed-dict": Typed,
    "dataclass": Data,
    "model": Model,
}


@pytest.mark.parametrize("name", TYPES)
def test_the_types_of_a_core_schema(name: str) -> None:
    schema: Any = TypeAdapter(TYPES[name]).core_schema
    assert schema["type"] == name
    assert draft4.schema_of(TYPES[name])
    fields: Any = TypeAdapter(Model).core_schema
    assert fields["schema"]["type"] == "model-fields"
    assert fields["schema"]["fields"]["a"]["schema"]["type"] == "default"
    checked: Any = TypeAdapter(Checked).core_schema
    inner = checked["schema"]["fields"]["a"]["schema"]
    assert (inner["type"], inner["schema"]["type"]) == ("function-after", "int")


def test_a_validator_and_a_serializer() -> None:
    adapter = TypeAdapter(Model)
    found = adapter.validator.validate_python(Data(a=3), from_attributes=True)
    assert adapter.serializer.to_json(found, by_alias=True) == b'{"a":3}'


def test_json_is_validated_as_it_is_read() -> None:
    validate = TypeAdapter(Model).validator.validate_json
    assert validate(b'{"a": 3}') == Model(a=3)
    with pytest.raises(ValidationError) as refused:
        validate(b'{"a": "x"}')
    assert refused.value.errors()[0]["loc"] == ("a",)
    assert from_json(to_json({"a": 3})) == {"a": 3}


def test_a_validator_that_stops_at_the_first_wrong_item() -> None:
    class Outer(BaseModel):
        inner: list[Checked]
        by_name: dict[str, Checked]

    wrong = {"inner": [{}, {}], "by_name": {"x": {}, "y": {}}}
    validate = fail_fast.validator(TypeAdapter(Outer)).validate_python
    with pytest.raises(ValidationError) as refused:
        validate(wrong)
    locs = [problem["loc"] for problem in refused.value.errors()]
    assert locs == [("inner", 0, "a"), ("by_name", "x", "a")]


def test_a_schema_that_cannot_be_built() -> None:
    with pytest.raises(SchemaError):
        SchemaValidator({"type": "no such type"})  # type: ignore[arg-type]
