"""Refused options, decorators and trees of routers; what a decorator returns."""

import re
from typing import Any

import pytest

from tests.routing.refusals import Watch, handler, names, other, refused
from wsrouter import AnyOf, Connection, Router
from wsrouter.routing.frame import Frame
from wsrouter.routing.table import table

# Options


@pytest.mark.parametrize(
    "throttle", ["", "20", "0/m", "20/w", "20/0s", "20/m per planet", "20/m\n", 20]
)
def test_impossible_throttles(throttle: Any) -> None:
    router = Router()
    message = refused(lambda: router.route("a", throttle=throttle)(handler), router)
    assert names(message, "handler")
    assert repr(throttle) in message


class IsOwner:
    """A class counts as true, and so does each of its instances."""

    def __init__(self, connection: Connection) -> None: ...


def asking(connection: Connection) -> Any:
    yield False


async def asking_async(connection: Connection) -> Any:
    yield False


@pytest.mark.parametrize(
    "permission",
    [
        *("", "view_order", 7, None, b"a.b", 1.5, IsOwner, bool, asking, asking_async),
        *(AnyOf(), AnyOf("orders.view", "view_order"), AnyOf("a.b", AnyOf(IsOwner))),
    ],
)
def test_impossible_permissions(permission: Any) -> None:
    router = Router()
    declare = router.route("a", permissions=[permission])
    assert names(refused(lambda: declare(handler), router), "handler")
    refused(lambda: Router(permissions=[permission]))
    if not isinstance(permission, bytes):
        declare = router.route("a", permissions=permission)
        assert names(refused(lambda: declare(handler), router), "handler")


def test_one_string_is_no_list_of_letters() -> None:
    router = Router(permissions="orders.view", tags="orders")
    router.route("a", permissions="orders.change", tags="more")(handler)
    route = table(router).routes["a"].route
    assert route.permissions == ("orders.view", "orders.change")
    assert route.tags == ("orders", "more")


@pytest.mark.parametrize("name", ["connect", "disconnect", "default", "middleware"])
def test_a_decorator_with_parentheses_that_it_does_not_take(name: str) -> None:
    router = Router()
    message = refused(lambda: getattr(router, name)(), router)
    assert message == f"Write @router.{name}, without parentheses, above a function."


@pytest.mark.parametrize("declare", ["route", "exception_handler"])
def test_a_decorator_without_its_argument(declare: str) -> None:
    router = Router()
    message = refused(lambda: getattr(router, declare)(handler), router)
    assert names(message, "handler")
    assert f"@router.{declare}(" in message


# The tree


def test_a_router_in_itself() -> None:
    router = Router()
    refused(lambda: router.include(router), router)


def test_a_circle_of_routers() -> None:
    first, second, third = Router(), Router(), Router()
    first.include(second)
    second.include(third)
    refused(lambda: third.include(first), first, second, third)


def test_what_is_included_is_a_router() -> None:
    root = Router()
    refused(lambda: root.include(re), root)  # type: ignore[arg-type]


def test_two_defaults() -> None:
    root, inner = Router(), Router()
    root.default(handler)
    message = refused(lambda: root.default(other), root)
    assert names(message, "handler", "other")
    root.include(inner)
    message = refused(lambda: inner.default(other), root, inner)
    assert names(message, "handler", "other")


# What comes back


def test_functions_come_back_unchanged() -> None:
    router = Router()

    def plain(payload: Watch) -> None: ...

    async def coroutine(payload: Watch) -> None: ...

    def hook(connection: Connection) -> None: ...

    def middleware(frame: Frame, call_next: Any) -> Any: ...

    def on_error(error: ValueError) -> None: ...

    before = vars(plain).copy()
    assert router.route("plain")(plain) is plain
    assert router.route("coroutine")(coroutine) is coroutine
    assert router.default(plain) is plain
    assert router.connect(hook) is hook
    assert router.disconnect(hook) is hook
    assert router.middleware(middleware) is middleware
    assert router.exception_handler(ValueError)(on_error) is on_error
    assert vars(plain) == before


def test_one_function_for_several_routes() -> None:
    router = Router()
    router.route("a")(router.route("b")(handler))
    assert set(table(router).routes) == {"a", "b"}
