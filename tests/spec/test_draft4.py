"""Whatever pydantic accepts passes the draft-04 schema drawn from the same type."""

import json
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from enum import Enum, IntEnum
from typing import Annotated, Any, Literal, NamedTuple, NotRequired
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft4Validator
from pydantic import (
    AfterValidator,
    AliasChoices,
    AliasPath,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    RootModel,
    TypeAdapter,
    ValidationError,
    create_model,
)
from typing_extensions import TypedDict

from tests.effort import examples
from wsrouter.spec.draft4 import schema_of


class Colour(Enum):
    RED = "red"
    BLUE = "blue"


class Level(IntEnum):
    LOW = 1
    HIGH = 2


class Item(BaseModel):
    model_config = ConfigDict(extra="forbid")

    number: int = Field(ge=1, lt=100)
    name: str = Field(min_length=1, max_length=4)
    colour: Colour = Colour.RED


class Alias(BaseModel):
    model_config = ConfigDict(extra="forbid", populate_by_name=True)

    name: str = Field(alias="Name")
    other: int = Field(0, validation_alias=AliasChoices("other", "Other"))


class Choice(BaseModel):
    model_config = ConfigDict(extra="forbid", populate_by_name=True)

    name: str = Field(validation_alias=AliasChoices("Name", AliasPath("other", 0)))


class Label(BaseModel):
    text: str = "x"


class Closed(BaseModel):
    """What is in it is not closed for that."""

    model_config = ConfigDict(extra="forbid")

    label: Label


class Letter(str, Enum):  # noqa: UP042  # its str() is not its value
    A = "a"


class Stripped(BaseModel):
    model_config = ConfigDict(str_strip_whitespace=True, coerce_numbers_to_str=True)

    name: Annotated[str, Field(max_length=2)]


class Tree(BaseModel):
    value: float = Field(gt=0)
    children: list["Tree"] = Field(default=[], max_length=2)


class Cat(BaseModel):
    kind: Literal["cat"]
    lives: int


class Dog(BaseModel):
    kind: Literal["dog"]
    good: bool


class Shape(TypedDict):
    size: int
    label: NotRequired[str]


class Pair(NamedTuple):
    left: int
    right: str


@dataclass
class Point:
    x: int
    y: float = 0.0
    seen: bool = field(default=False, init=False)


class Numbers(RootModel[list[int]]):
    pass


def each_contains_all(count: int) -> Any:
    """One of as many types, which all contain each other."""
    names = [f"Node{number}" for number in range(count)]
    inner = " | ".join(names)
    made: dict[str, Any] = {}
    for name in names:
        made[name] = create_model(name, inner=(f"list[{inner}]", []), x=(int, ...))
    for each in made.values():
        each.model_rebuild(_types_namespace=made)
    return made[names[0]]


TYPES: dict[str, Any] = {
    "int": int,
    "bounded": Annotated[int, Field(gt=0, ge=5, le=10, lt=20)],
    "float": Annotated[float, Field(le=2.5)],
    "bool": bool,
    "str": Annotated[str, Field(pattern=r"^\w+$", max_length=3)],
    "decimal": Decimal,
    "date": date,
    "datetime": datetime,
    "timedelta": timedelta,
    "uuid": UUID,
    "bytes": Annotated[bytes, Field(min_length=2)],
    "enum": Colour,
    "int enum": Level,
    "literal": Literal["a", 1, None],
    "optional": int | None,
    "union": int | list[str] | Item,
    "tagged": Annotated[Cat | Dog, Field(discriminator="kind")],
    "list": Annotated[list[int], Field(min_length=1, max_length=2)],
    "set": Annotated[set[int], Field(min_length=1, max_length=1)],
    "tuple": tuple[int, str],
    "dict": dict[int, float],
    "before": Annotated[int, BeforeValidator(lambda value: len(str(value)))],
    "after": Annotated[int, AfterValidator(lambda value: value + 1), Field(le=3)],
    "model": Item,
    "alias": Alias,
    "choice": Choice,
    "closed": Closed,
    "letter": Letter,
    "one letter": Literal[Letter.A],
    "stripped": Stripped,
    "tree": Tree,
    "typed dict": Shape,
    "named tuple": Pair,
    "dataclass": Point,
    "root": Numbers,
    "anything": Any,
    "everybody": each_contains_all(12),
}

SCALARS = (
    st.none()
    | st.booleans()
    | st.integers(-3, 120)
    | st.sampled_from([0.0, 1.0, 2.5, 7.25, 1e300, "", "1", "7.0", "true", " a ", "ab"])
    | st.sampled_from(["red", "cat", "dog", "2020-01-01", "2020-01-01T00:00:00Z"])
    | st.sampled_from(["PT1S", "12345678123456781234567812345678", "naïve", "a" * 9])
)
NAMES = st.sampled_from(
    [
        "number",
        "name",
        "Name",
        "other",
        "Other",
        "colour",
        "value",
        "children",
        "kind",
        "lives",
        "good",
        "size",
        "label",
        "left",
        "right",
        "x",
        "y",
        "seen",
        "1",
    ]
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner),
    max_leaves=8,
)
LIKELY = st.fixed_dictionaries(
    {},
    optional={
        "number": SCALARS,
        "name": SCALARS,
        "Name": SCALARS,
        "other": SCALARS,
        "Other": SCALARS,
        "colour": SCALARS,
        "kind": st.sampled_from(["cat", "dog"]),
        "lives": SCALARS,
        "good": SCALARS,
        "value": SCALARS,
        "children": st.lists(st.fixed_dictionaries({"value": SCALARS}), max_size=3),
        "size": SCALARS,
        "x": SCALARS,
        "y": SCALARS,
    },
)


def accepts(kind: Any, text: str) -> bool:
    try:
        TypeAdapter(kind).validate_json(text)
    except ValidationError:
        return False
    return True


@pytest.mark.parametrize("name", TYPES)
def test_no_accepted_value_is_refused(name: str) -> None:
    kind = TYPES[name]
    schema = schema_of(kind)
    Draft4Validator.check_schema(schema)
    validator = Draft4Validator(schema)

    @settings(max_examples=examples(50), deadline=None, database=None)
    @given(VALUES | LIKELY)
    def holds(value: Any) -> None:
        text = json.dumps(value)
        if accepts(kind, text):
            validator.validate(json.loads(text))

    holds()


@pytest.mark.parametrize(
    "value",
    [{"Name": "x"}, {"other": ["x"]}, {"name": "x"}],
    ids=["alias", "path", "name"],
)
def test_a_field_is_taken_under_each_of_its_names(value: dict[str, Any]) -> None:
    assert accepts(Choice, json.dumps(value))
    Draft4Validator(schema_of(Choice)).validate(value)


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        (Closed, {"label": {"text": "x", "more": 1}}),
        (Letter, "a"),
        (Literal[Letter.A], "a"),
    ],
    ids=["closed", "letter", "one letter"],
)
def test_what_is_taken_passes(kind: Any, value: Any) -> None:
    assert accepts(kind, json.dumps(value))
    Draft4Validator(schema_of(kind)).validate(value)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("int", []),
        ("bounded", 21),
        ("str", "abcd"),
        ("str", 7),
        ("enum", "green"),
        ("optional", {}),
        ("list", []),
        ("model", {"name": "x"}),
        ("model", {"number": 1, "name": "x", "more": 1}),
        ("model", {"number": 100, "name": "x"}),
        ("tagged", {"kind": "cow"}),
        ("tree", {"value": 1, "children": 5}),
        ("typed dict", {}),
        ("dataclass", {"y": 1}),
        ("root", {}),
        ("everybody", {"inner": []}),
    ],
)
def test_what_is_plainly_wrong_is_refused(name: str, value: Any) -> None:
    assert not accepts(TYPES[name], json.dumps(value))
    assert not Draft4Validator(schema_of(TYPES[name])).is_valid(value)
