"""Handlers whose replies read the database while they are written, or are texts that
are translated then."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from asgiref.sync import sync_to_async
from django.contrib.auth.models import Group, User
from django.core.paginator import Paginator
from django.utils.functional import SimpleLazyObject
from django.utils.translation import gettext_lazy
from pydantic import BaseModel, ConfigDict
from pydantic.alias_generators import to_camel

from wsrouter import Connection, Event, Router

router = Router()


class GroupOut(BaseModel):
    name: str


class PersonOut(BaseModel):
    model_config = ConfigDict(alias_generator=to_camel)

    username: str
    last_name: str = "a default"
    is_staff: bool = False
    groups: list[GroupOut] = []


announced = router.event("announced", list[GroupOut])
person_changed = router.event("person.changed", PersonOut)
anything: Event[Any] = router.event("anything", object)


class Titled(BaseModel):
    title: str
    inner: dict[str, str]


def person() -> Any:
    return User.objects.get(username="ada")


def queryset() -> Any:
    return Group.objects.order_by("name")


def sliced() -> Any:
    return queryset()[:1]


def iterator() -> Any:
    return queryset().iterator()


def generator() -> Iterator[Any]:
    return (group for group in queryset())


def manager() -> Any:
    return person().groups


def deferred() -> Any:
    return User.objects.only("id").get(username="ada")


def nested() -> Any:
    return {"people": User.objects.filter(username="ada"), "count": 1}


def values() -> Any:
    return queryset().values("name")


def in_a_dataclass() -> Any:
    return Listing(
        people=User.objects.filter(username="ada"), title=gettext_lazy("Monday")
    )


def in_rows_of_sql() -> Any:
    return User.objects.raw("SELECT * FROM auth_user WHERE username = 'ada'")


def in_a_view_of_a_dict() -> Any:
    return User.objects.in_bulk(["ada"], field_name="username").values()


def in_a_page() -> Any:
    return Paginator(User.objects.filter(username="ada").order_by("pk"), 5).page(1)


def not_read_yet() -> Any:
    return SimpleLazyObject(person)


def dictionary() -> Any:
    return {"username": "ada", "last_name": "Lovelace"}


def lazy() -> Any:
    return gettext_lazy("Monday")


def lazy_inside() -> Any:
    text = gettext_lazy("Monday")
    return {"title": text, "inner": {"title": text}}


def lazy_untyped() -> Any:
    return [gettext_lazy("Monday"), {"a": (gettext_lazy("Tuesday"),)}]


@dataclass
class Listing:
    people: list[PersonOut]
    title: str
    count: int = field(init=False, default=1)


class Page(BaseModel):
    people: list[PersonOut]
    count: int


GROUPS = [{"name": "cats"}, {"name": "dogs"}]
ADA = {"username": "ada", "lastName": "Lovelace", "isStaff": True, "groups": GROUPS}
GERMAN = {"title": "Montag", "inner": {"title": "Montag"}}
REPLIES: dict[Any, tuple[Any, Any]] = {
    queryset: (list[GroupOut], GROUPS),
    sliced: (list[GroupOut], GROUPS[:1]),
    iterator: (list[GroupOut], GROUPS),
    generator: (list[GroupOut], GROUPS),
    manager: (list[GroupOut], GROUPS),
    person: (PersonOut, ADA),
    deferred: (PersonOut, ADA),
    nested: (Page, {"people": [ADA], "count": 1}),
    values: (..., GROUPS),
    in_a_dataclass: (Listing, {"people": [ADA], "title": "Montag", "count": 1}),
    in_rows_of_sql: (list[PersonOut], [ADA]),
    in_a_view_of_a_dict: (list[PersonOut], [ADA]),
    in_a_page: (list[PersonOut], [ADA]),
    not_read_yet: (PersonOut, ADA),
    dictionary: (PersonOut, ADA | {"isStaff": False, "groups": []}),
    lazy: (str, "Montag"),
    lazy_inside: (Titled, GERMAN),
    lazy_untyped: (..., ["Montag", {"a": ["Dienstag"]}]),
}


def _declare(function: Any, annotation: Any) -> None:
    """The route of that name, and one whose handler is async."""
    name = function.__name__

    def handler() -> Any:
        return function()

    async def ahandler(connection: Connection) -> Any:
        return await sync_to_async(function)()

    for route, declared in ((name, handler), (f"a{name}", ahandler)):
        declared.__annotations__.pop("return")
        if annotation is not ...:
            declared.__annotations__["return"] = annotation
        router.route(route)(declared)


for function, (annotation, _) in REPLIES.items():
    _declare(function, annotation)


@router.route("untyped")
def untyped():  # type: ignore[no-untyped-def]
    return queryset()


@router.route("untyped.nested")
def untyped_nested() -> Any:
    return {"first": [person()]}


@router.route("wrong")
def wrong() -> list[int]:
    return queryset()  # type: ignore[no-any-return]


@router.route("once")
def once() -> list[list[int]]:
    return [iter([1]), iter(["x"])]  # type: ignore[list-item]


@router.route("once.inside")
def once_inside() -> list[Listing]:
    """The first attempt has read from it: the rest of it would be a wrong reply."""
    people: Any = (user for user in User.objects.all())
    return [Listing(people=people, title="x")]


class Lazily(BaseModel):
    people: Iterable[Any]


@router.route("once.in_a_model")
def once_in_a_model() -> Any:
    return Lazily(people=(user for user in User.objects.all()))
