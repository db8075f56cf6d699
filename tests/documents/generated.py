"""Models that hypothesis makes."""

from collections.abc import Callable
from dataclasses import field, make_dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from enum import Enum
from itertools import count
from typing import Annotated, Any, Generic, Literal, NotRequired, TypeVar
from uuid import UUID

from hypothesis import strategies as st
from pydantic import BaseModel, ConfigDict, Field, RootModel, create_model
from typing_extensions import TypedDict

from wsrouter import Router

T = TypeVar("T")
SCALARS = [str, int, float, bool, date, datetime, time, UUID, bytes, timedelta, None]
LOOSE = [Decimal, Any]
FIELD_NAMES = ["a", "b", "in", "class_", "with_word", "größe", "constructor", "x1"]
WORDS = ["red", "blue", "a b", "*/", '"', "1", ""]
ALIASES = ["$a", "b-c", "d e", "f.g", "*/", "'"]


class Box(BaseModel, Generic[T]):
    content: T
    others: list[T] = []


Kind = st.SearchStrategy[Any]
_numbers = count()


def kinds(*, enum_keys: bool = True) -> Kind:
    """Any type that can be a payload. Without `enum_keys` no dict has names of an
    enumeration, for which openapi-typescript has no type."""
    leaves = st.one_of(
        st.sampled_from([*SCALARS, *LOOSE]), _literals(), _enums(), _limited()
    )
    return st.recursive(
        leaves, lambda inner: _containers(inner, enum_keys), max_leaves=8
    )


def routers(kind: Kind, *, size: int) -> st.SearchStrategy[Router]:
    """A router with a route for each of the payloads, and an event."""
    different = st.lists(kind, min_size=size, max_size=size, unique_by=repr)
    return different.map(_router)


def _router(kinds_: list[Any]) -> Router:
    router = Router()
    for number, kind in enumerate(kinds_):
        router.route(f"route.{number}")(_echo(kind))
        router.event(f"event.{number}", kind)
    return router


def _echo(kind: Any) -> Callable[..., Any]:
    def echo(payload: kind) -> kind:
        return payload

    return echo


def _literals() -> Kind:
    values = st.one_of(st.sampled_from(WORDS), st.integers(-5, 5), st.booleans())
    return st.lists(values, min_size=1, max_size=3).map(lambda v: Literal[tuple(v)])


def _enums() -> Kind:
    values = st.lists(st.sampled_from(WORDS), min_size=1, max_size=3, unique=True)
    return values.map(
        lambda given: Enum(
            f"Enum{next(_numbers)}", [(f"M{n}", v) for n, v in enumerate(given)]
        )
    )


def _limited() -> Kind:
    return st.sampled_from(
        [
            Annotated[str, Field(max_length=5, min_length=1)],
            Annotated[str, Field(pattern=r"^[a-c]+$")],
            Annotated[int, Field(ge=0, le=100)],
            Annotated[float, Field(gt=0)],
            Annotated[list[int], Field(min_length=1, max_length=3)],
        ]
    )


def _containers(inner: Kind, enum_keys: bool) -> Kind:
    keys = st.one_of(st.just(str), _enums()) if enum_keys else st.just(str)
    several = st.lists(inner, min_size=1, max_size=3)
    return st.one_of(
        inner.map(lambda kind: list[kind]),  # type: ignore[valid-type]
        st.tuples(keys, inner).map(lambda pair: dict[pair]),  # type: ignore[misc]
        several.map(lambda found: tuple[tuple(found)]),  # type: ignore[misc]
        inner.map(lambda kind: kind | None if kind is not None else None),
        several.map(_union),
        inner.map(lambda kind: Box[kind]),  # type: ignore[valid-type]
        _models(inner),
        several.map(_dataclass),
        several.map(_typed_dict),
        inner.map(_root_model),
        several.map(_tagged),
    )


def _union(found: list[Any]) -> Any:
    union = found[0]
    for kind in found[1:]:
        union = union | kind if union is not kind else union
    return union


@st.composite
def _models(draw: Any, inner: Kind) -> Any:
    fields: dict[str, Any] = {}
    for name in draw(st.lists(st.sampled_from(FIELD_NAMES), max_size=4, unique=True)):
        kind = draw(inner)
        alias = draw(st.one_of(st.none(), st.sampled_from(ALIASES)))
        description = draw(st.sampled_from([None, "Words.", "Ends */ here\nand on."]))
        default = draw(st.sampled_from([..., None]))
        shown = Field(default, alias=alias, description=description)
        fields[name] = (kind | None if default is None and kind else kind, shown)
    config = ConfigDict(extra=draw(st.sampled_from(["ignore", "forbid", "allow"])))
    name = f"Model{next(_numbers)}"
    aliases = [shown.alias for _, shown in fields.values() if shown.alias]
    if len(set(aliases)) < len(aliases):
        fields = {name: (kind, ...) for name, (kind, _) in fields.items()}
    return create_model(name, __config__=config, **fields)


def _dataclass(found: list[Any]) -> Any:
    members = [(f"f{number}", kind) for number, kind in enumerate(found)]
    default = ("last", int, field(default=1))
    return make_dataclass(f"Data{next(_numbers)}", [*members, default])


def _typed_dict(found: list[Any]) -> Any:
    members = {f"t{number}": kind for number, kind in enumerate(found)}
    name = f"Dict{next(_numbers)}"
    return TypedDict(name, {**members, "maybe": NotRequired[int]})  # type: ignore[misc]


def _root_model(kind: Any) -> Any:
    return type(f"Root{next(_numbers)}", (RootModel[kind],), {"__module__": __name__})


def _tagged(found: list[Any]) -> Any:
    models = [
        create_model(
            f"Tagged{next(_numbers)}",
            kind=(Literal[f"k{number}"], ...),
            value=(kind, ...),
        )
        for number, kind in enumerate(found)
    ]
    return (
        Annotated[_union(models), Field(discriminator="kind")]
        if len(models) > 1
        else models[0]
    )
