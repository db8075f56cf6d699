"""Types of every kind that a payload can have, by name."""

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from enum import Enum, IntEnum
from typing import Annotated, Any, Literal, NamedTuple, NotRequired
from uuid import UUID

from pydantic import (
    AfterValidator,
    AliasChoices,
    AliasPath,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    RootModel,
    create_model,
)
from typing_extensions import TypedDict


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
    for kind in made.values():
        kind.model_rebuild(_types_namespace=made)
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
