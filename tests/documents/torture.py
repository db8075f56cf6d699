"""A router with every feature of pydantic's schemas."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from enum import Enum, IntEnum
from typing import Annotated, Any, Generic, Literal, NamedTuple, NotRequired, TypeVar
from uuid import UUID

from pydantic import (
    AliasChoices,
    BaseModel,
    ConfigDict,
    Discriminator,
    Field,
    RootModel,
    Tag,
    computed_field,
)
from typing_extensions import TypeAliasType, TypedDict

from tests.documents import namesake
from wsrouter import Connection, Router

T = TypeVar("T")
K = TypeVar("K")


class Colour(Enum):
    """A colour, as in `*/` and <b>tags</b>."""

    RED = "red"
    DARK_BLUE = "dark blue"


class Level(IntEnum):
    LOW = 1
    HIGH = 2


class Page(BaseModel, Generic[T]):
    items: list[T]
    next: "Page[T] | None" = None


class Pair(BaseModel, Generic[K, T]):
    first: K
    second: T


class Cat(BaseModel):
    kind: Literal["cat"] = "cat"
    lives: int = 9


class Dog(BaseModel):
    kind: Literal["dog"]
    tricks: set[str] = {"sit", "roll", "beg", "fetch"}


class Parrot(BaseModel):
    kind: Literal["parrot", "macaw"]
    words: dict[str, int]


Pet = Annotated[Cat | Dog | Parrot, Field(discriminator="kind")]


def _kind_of(value: Any) -> str:
    return "number" if isinstance(value, int | float) else "text"


Called = Annotated[
    Annotated[int, Tag("number")] | Annotated[str, Tag("text")],
    Discriminator(_kind_of),
]


class Tree(BaseModel):
    """A tree of trees."""

    name: str
    branches: "list[Tree]" = []
    parent: "Tree | None" = None


class Address(TypedDict):
    street: str
    city: NotRequired[str]


@dataclass
class Point:
    x: float
    y: float = 0.0


class Place(NamedTuple):
    point: Point
    label: str = ""


class Tags(RootModel[list[Annotated[str, Field(max_length=20)]]]):
    """Words."""


class Open(BaseModel):
    model_config = ConfigDict(extra="allow")
    known: int


class OpenNumbers(BaseModel):
    model_config = ConfigDict(extra="allow")
    __pydantic_extra__: dict[str, int]
    known: int


class Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", str_max_length=50)
    only: str


class Closed(BaseModel):
    model_config = ConfigDict(extra="forbid")


class Empty(BaseModel):
    """Nothing in it."""


class Aliased(BaseModel):
    user_name: str = Field(alias="userName", description="The name. */ end")
    kind_of: str = Field(validation_alias="in-kind", serialization_alias="outKind")
    either: int = Field(validation_alias=AliasChoices("first", "second"))
    constructor: int = 0
    weird_name: int = Field(0, alias="$weird name\"'")


class Computed(BaseModel):
    width: int
    height: int

    @computed_field
    @property
    def area(self) -> int:
        """Width times height."""
        return self.width * self.height


class Item(BaseModel):
    """An item of this module."""

    here: int


Json = TypeAliasType("Json", "dict[str, Json] | list[Json] | str | int | None")


class Everything(BaseModel):
    """Every kind of field. */ `${x}`

    With a second paragraph.
    """

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"unknown": "to this model"}]}
    )

    text: str = Field(examples=["a", "b"])
    limited: Annotated[str, Field(min_length=1, max_length=5, pattern="^[a-z]+$")]
    number: int
    bounded: Annotated[int, Field(ge=0, lt=100, multiple_of=5)]
    real: float
    flag: bool
    nothing: None
    money: Decimal
    cents: Annotated[Decimal, Field(max_digits=6, decimal_places=2)]
    day: date
    at: datetime
    hour: time
    span: timedelta
    raw: bytes
    uid: UUID
    colour: Colour
    level: Level
    literal: Literal["a", 1, True, None]
    anything: Any
    object_: object
    maybe: str | None
    maybe_default: int | None = None
    union: int | str | list[int]
    pet: Pet
    pets: list[Pet]
    called: Called
    tree: Tree
    tree_page: Page[Tree]
    number_page: Page[int]
    pair: Pair[Colour, Page[Item]]
    other_pair: Pair[Colour, Page[namesake.Item]]
    address: Address
    point: Point
    tags: Tags
    pairs: list[tuple[str, int]]
    fixed: tuple[int, str, bool]
    many: tuple[int, ...]
    unique: set[int]
    frozen: frozenset[str] = frozenset({"x", "y", "z"})
    bounds: Annotated[list[int], Field(min_length=1, max_length=3)]
    by_number: dict[int, str]
    by_word: dict[Annotated[str, Field(pattern="^[a-z]+$")], float]
    free: dict[str, Any]
    nested: dict[str, list[dict[str, Item]]]
    item: Item
    namesake: namesake.Item
    open: Open
    strict: Strict
    empty: Empty
    closed: Closed
    aliased: Aliased
    computed: Computed


class Special(BaseModel):
    """What openapi-typescript has no type, or a wrong one, for."""

    by_level: dict[Level, int]
    by_colour: dict[Colour, int]
    by_choice: dict[Literal["a", "b"], int]
    empty_tuple: tuple[()]
    place: Place
    open_numbers: OpenNumbers
    json_: Json
    pet: Pet


class LimitDetail(BaseModel):
    limit: int
    by: Colour | None = None


router = Router(tags=["torture"])


@router.route(
    "everything",
    permissions=["shop.add_order"],
    throttle="20/m per user",
    errors=["sold_out", ("limit", LimitDetail), "not_found"],
)
def everything(payload: Everything, connection: Connection) -> Everything:
    """Everything at once. */

    The description has *stars*, a `*/` and
    several lines.
    """
    return payload


@router.route("special")
def special(payload: Special) -> Special:
    return payload


@router.route("page.of:things / with {odd} characters~1")
def page(payload: Page[Tree]) -> Page[Computed]:
    return Page(items=[])


@router.route("nothing")
def nothing() -> None: ...


@router.route("untyped")
def untyped(payload: Any):  # type: ignore[no-untyped-def]
    return payload


@router.route("optional", tags=["more"], errors=[])
def optional(payload: Tree | None = None) -> list[Pet]:
    return []


@router.route("list")
def a_list(payload: list[int]) -> dict[Colour, Decimal]:
    return {}


@router.route("typed.dict", login_required=True)
def typed_dict(payload: Address) -> Address:
    return payload


@router.route("pet")
def pet(payload: Pet) -> Pet:
    return payload


@router.route("strict")
def strict(payload: Strict) -> Tags:
    return Tags([])


@router.route("open")
def an_open(payload: Open) -> OpenNumbers:
    return OpenNumbers(known=1)


@router.route("aliased")
def aliased(payload: Aliased) -> Aliased:
    return payload


@router.route("computed")
def computed(payload: Computed) -> Computed:
    return payload


@router.default
def default(payload: Json) -> Json:
    return payload


changed = router.event("tree.changed", Tree, summary="A tree has changed. */")
told = router.event("told: you / so", Pet)
ticked = router.event("ticked", int, tags=["time"])
namesake_event = router.event("namesake", namesake.Item)
paged = router.event("paged", Page[namesake.Item])
