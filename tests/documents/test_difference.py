"""Differences between documents, in the words of the wire."""

from collections.abc import Callable
from enum import Enum
from typing import Annotated, Any, Literal

import pytest
from pydantic import BaseModel, ConfigDict, Field, create_model

from tests.documents import torture
from tests.documents.documented import AUTHORIZER, document
from wsrouter import Connection, Router
from wsrouter.documents.difference import differences

BREAKING = "BREAKING "


class Detail(BaseModel):
    limit: int


class OtherDetail(BaseModel):
    limit: str


class Cat(BaseModel):
    kind: Literal["cat"]


class Dog(BaseModel):
    kind: Literal["dog"]


class Tree(BaseModel):
    branches: "list[Tree]" = []
    leaves: int


class Narrow(BaseModel):
    branches: "list[Narrow]" = []
    leaves: Annotated[int, Field(le=3)]


class Colour(Enum):
    RED = "red"


class MoreColours(Enum):
    RED = "red"
    BLUE = "blue"


def said(old: Router, new: Router, **options: Any) -> list[str]:
    found = differences(document(old, **options), document(new, **options))
    return [str(one) for one in found]


def taking(kind: Any) -> Router:
    """A route with a payload that has one member of this kind."""
    model = create_model("Watch", order_id=(kind, ...))

    def watch(payload: model) -> None: ...  # type: ignore[valid-type]

    router = Router()
    router.route("orders.watch")(watch)
    return router


def giving(kind: Any) -> Router:
    model = create_model("Order", status=(kind, ...))

    def watch() -> model: ...  # type: ignore[valid-type]

    router = Router()
    router.route("orders.watch")(watch)
    return router


KINDS: list[tuple[Any, Any, str, bool, bool]] = [
    (int, str, "was integer, is string", True, True),
    (int, float, "was integer, is number", False, True),
    (float, int, "was number, is integer", True, False),
    (int, int | None, "was integer, is integer or null", False, True),
    (int | None, int, "was integer or null, is integer", True, False),
    (str, Any, "was string, is anything", False, True),
    (Colour, MoreColours, 'was "red", is "red" or "blue"', False, True),
    (MoreColours, Colour, 'was "red" or "blue", is "red"', True, False),
    (Colour, str, 'was "red", is string', False, True),
    (Cat | Dog, Cat, "was Cat or Dog, is object", True, True),
    (list[int], list[str], "[] was integer, is string", True, True),
    (dict[str, int], dict[str, str], ".* was integer, is string", True, True),
    (tuple[int], tuple[str], "[0] was integer, is string", True, True),
    (
        Literal["a", "b", "c", "d", "e"],
        Literal["a", "b", "c", "d", "f"],
        'is no longer "e", may also be "f"',
        True,
        True,
    ),
]


@pytest.mark.parametrize(("old", "new", "text", "breaks_in", "breaks_out"), KINDS)
def test_kinds(
    old: Any, new: Any, text: str, breaks_in: bool, breaks_out: bool
) -> None:
    space = "" if text[0] in "[." else " "
    assert said(taking(old), taking(new))[0] == (
        f"{BREAKING * breaks_in}orders.watch: payload.order_id{space}{text}"
    )
    assert said(giving(old), giving(new))[0] == (
        f"{BREAKING * breaks_out}orders.watch: reply.status{space}{text}"
    )


def taking_model(**fields: Any) -> Router:
    config = fields.pop("config", None)
    model = create_model("Watch", __config__=config, **fields)

    def watch(payload: model) -> model: ...  # type: ignore[valid-type]

    router = Router()
    router.route("w")(watch)
    return router


FIELDS: list[tuple[dict[str, Any], dict[str, Any], list[str]]] = [
    (
        {"a": (int, ...)},
        {"a": (int, ...), "b": (int, ...)},
        ["BREAKING w: payload.b is new and required", "w: reply.b is new and required"],
    ),
    (
        {"a": (int, ...)},
        {"a": (int, 7)},
        ["w: payload.a was required, is optional"],
    ),
    (
        {"a": (int, 7)},
        {"a": (int, ...)},
        ["BREAKING w: payload.a was optional, is required"],
    ),
    (
        {"a": (int, 1), "b": (int, 1)},
        {"a": (int, 1)},
        ["BREAKING w: reply.b is gone", "w: payload.b is gone"],
    ),
    (
        {"a": (Annotated[str, Field(max_length=5)], ...)},
        {"a": (Annotated[str, Field(max_length=3)], ...)},
        [
            "BREAKING w: payload.a: maxLength was 5, is 3",
            "w: reply.a: maxLength was 5, is 3",
        ],
    ),
    (
        {"a": (int, 1)},
        {"a": (int, 1), "config": ConfigDict(extra="forbid")},
        [
            "BREAKING w: payload.* can have no other name now",
            "w: reply.* can have no other name now",
        ],
    ),
]


@pytest.mark.parametrize(("old", "new", "expected"), FIELDS)
def test_fields(old: dict[str, Any], new: dict[str, Any], expected: list[str]) -> None:
    assert said(taking_model(**old), taking_model(**new)) == expected


def test_models_that_contain_themselves() -> None:
    assert said(taking(Tree), taking(Narrow)) == [
        "BREAKING orders.watch: payload.order_id.leaves: maximum was none, is 3"
    ]


def routed(key: str = "w", **options: Any) -> Router:
    def handler(payload: int) -> None: ...

    router = Router()
    router.route(key, **options)(options.pop("handler", handler))
    return router


def connected(payload: int, connection: Connection) -> None: ...


ROUTES: list[tuple[Router, Router, list[str]]] = [
    (
        routed("a"),
        routed("b"),
        ["BREAKING a: the route is gone", "b: the route is new"],
    ),
    (
        routed(errors=["sold_out", ("limit", Detail)]),
        routed(errors=["closed", ("limit", OtherDetail)]),
        [
            "BREAKING w: the detail of 'limit'.limit was integer, is string",
            "w: the error 'closed' is new",
            "w: the error 'sold_out' cannot come any more",
        ],
    ),
    (routed(errors=[]), routed(), ["w: any other error is new"]),
    (
        routed(),
        routed(login_required=True),
        [
            "BREAKING w: login was none, is required",
            "w: the error 'connection_unknown' is new",
            "w: the error 'not_authenticated' is new",
            "w: the ways to log in have changed",
        ],
    ),
    (routed(), routed(summary="W"), ["w: its summary has changed"]),
    (routed(), routed(tags=["x"]), ["document: its title", "w: its tags have"]),
]


@pytest.mark.parametrize(("old", "new", "expected"), ROUTES)
def test_routes(old: Router, new: Router, expected: list[str]) -> None:
    found = said(old, new)
    assert len(found) == len(expected)
    for text in expected:
        assert any(one.startswith(text) for one in found), (text, found)


def announcing(kind: Any, name: str = "told") -> Router:
    router = Router()
    router.event(name, kind)
    return router


def test_events() -> None:
    assert said(announcing(int), announcing(str)) == [
        "BREAKING told: payload was integer, is string"
    ]
    assert said(announcing(int), announcing(int, "said")) == [
        "BREAKING told: the event is gone",
        "said: the event is new",
    ]


def test_the_flat_envelope() -> None:
    assert said(taking(int), taking(str), envelope="flat") == [
        "BREAKING orders.watch: order_id was integer, is string"
    ]


def test_what_is_not_about_frames() -> None:
    router = Router()
    old, new = document(router), document(router, authorizer=AUTHORIZER)
    assert [str(one) for one in differences(old, new)] == [
        "document: its servers have changed",
        "document: the ways to log in have changed",
    ]

    class Described(BaseModel):
        """Words."""

    class Other(BaseModel):
        """Other words."""

    assert said(announcing(Described), announcing(Other)) == [
        "document: descriptions, examples or names of models have changed"
    ]


@pytest.mark.parametrize("envelope", ["nested", "flat"])
def test_a_document_does_not_differ_from_itself(envelope: str) -> None:
    assert said(torture.router, torture.router, envelope=envelope) == []


def test_every_route_of_the_torture_router_can_be_compared() -> None:
    def shifted(router: Router) -> Router:
        """The same keys, each with the handler of the next one."""
        keys = [route.key for route in router.routes]
        functions: list[Callable[..., Any]] = [
            route.function for route in router.routes
        ]
        other = Router()
        for key, function in zip(keys, functions[1:] + functions[:1], strict=True):
            other.route(key)(function)
        return other

    assert len(said(torture.router, shifted(torture.router))) > 100
