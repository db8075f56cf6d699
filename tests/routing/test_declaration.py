"""Every mistake in a declaration is an error at import, and leaves nothing behind."""

import functools
import re
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any

import pytest
from pydantic import BaseModel

from tests.routing import postponed
from wsrouter import Connection, Disconnected, Message, Router
from wsrouter.errors import DeclarationError
from wsrouter.routing.frame import Frame
from wsrouter.routing.table import table

HERE = re.escape(__file__)


class Watch(BaseModel):
    order_id: int


def handler(payload: Watch) -> None: ...


def other(payload: Watch) -> None: ...


def declared(router: Router) -> dict[str, int]:
    """How much a router holds."""
    lists = ["routes", "defaults", "events", "connects", "disconnects", "middlewares"]
    lists += ["exception_handlers", "includes"]
    return {name: len(getattr(router, name)) for name in lists}


def refused(declare: Callable[[], object], *routers: Router) -> str:
    """The error message of a declaration, which must leave `routers` as they were."""
    before = [declared(router) for router in routers]
    with pytest.raises(DeclarationError) as caught:
        declare()
    assert [declared(router) for router in routers] == before
    return str(caught.value)


def names(message: str, *functions: str) -> bool:
    """Whether the message has these functions, each with this file and a line."""
    return all(re.search(rf"{f} \({HERE}:\d+\)", message) for f in functions)


# Keys


@pytest.mark.parametrize(
    "key",
    ["", "$connect", "$default", "$x", "a,b", " a", "a ", "a\n", "é", "\x00", None, 7],
)
def test_impossible_keys(key: Any) -> None:
    router = Router()
    message = refused(lambda: router.route(key)(handler), router)
    assert names(message, "handler")


@pytest.mark.parametrize("key", ["a", "orders.watch", "a b", "a/b", "detail-type", "7"])
def test_possible_keys(key: str) -> None:
    router = Router()
    router.route(key)(handler)
    assert list(table(router).routes) == [key]


@pytest.mark.parametrize("prefix", ["$", "a,", " a.", "é.", "a.\n", 7])
def test_impossible_prefixes(prefix: Any) -> None:
    root, inner = Router(), Router()
    inner.route("a")(handler)
    refused(lambda: root.include(inner, prefix), root, inner)


def test_duplicate_key() -> None:
    router = Router()
    router.route("a")(handler)
    message = refused(lambda: router.route("a")(other), router)
    assert "Route 'a' is declared twice" in message
    assert names(message, "handler", "other")


def test_duplicate_key_of_an_included_router() -> None:
    root, inner = Router(), Router()
    root.route("orders.a")(handler)
    inner.route("a")(other)
    message = refused(lambda: root.include(inner, "orders."), root, inner)
    assert "Route 'orders.a' is declared twice" in message
    assert names(message, "handler", "other")
    root.include(inner, "other.")
    assert list(table(root).routes) == ["orders.a", "other.a"]


def test_a_refused_include_leaves_no_tie() -> None:
    """Also the inner router still sees to its own keys."""
    root, inner = Router(), Router()
    root.route("a")(handler)
    root.route("b")(handler)
    inner.route("a")(other)
    refused(lambda: root.include(inner), root, inner)
    inner.route("b")(other)
    refused(lambda: inner.route("b")(handler), inner)


def test_duplicate_key_added_after_the_include() -> None:
    root, middle, inner = Router(), Router(), Router()
    root.route("x.y.a")(handler)
    root.include(middle, "x.")
    middle.include(inner, "y.")
    message = refused(lambda: inner.route("a")(other), root, middle, inner)
    assert "Route 'x.y.a'" in message
    inner.route("b")(other)
    refused(lambda: inner.route("b")(handler), inner)
    assert list(table(root).routes) == ["x.y.a", "x.y.b"]


def test_duplicate_key_in_a_second_parent() -> None:
    first, second, inner = Router(), Router(), Router()
    second.route("a")(handler)
    first.include(inner)
    second.include(inner)
    refused(lambda: inner.route("a")(other), first, second, inner)


def test_a_key_may_be_used_again_after_a_refusal() -> None:
    router = Router()
    refused(lambda: router.route("a", throttle="often")(handler), router)
    router.route("a")(handler)


# Events


@pytest.mark.parametrize("name", ["reply", "error", "", None])
def test_impossible_event_names(name: Any) -> None:
    router = Router()
    message = refused(lambda: router.event(name, Watch), router)
    assert re.search(rf"{HERE}:\d+", message)


def test_duplicate_event_names() -> None:
    root, inner = Router(), Router()
    root.event("changed", Watch)
    message = refused(lambda: root.event("changed", Watch), root)
    assert len(re.findall(rf"{HERE}:\d+", message)) == 2
    inner.event("changed", Watch)
    refused(lambda: root.include(inner, "a prefix is not for events."), root, inner)


def test_event_of_what_pydantic_does_not_know() -> None:
    router = Router()
    message = refused(lambda: router.event("changed", Connection), router)
    assert "Connection" in message
    assert re.search(rf"{HERE}:\d+", message)


# Parameters


def unannotated(payload) -> None: ...  # type: ignore[no-untyped-def]
def two_payloads(payload: Watch, more: Watch) -> None: ...
def positional(payload: Watch, /) -> None: ...
def stars(*args: Watch) -> None: ...
def keywords(**options: Watch) -> None: ...
def yields(payload: Watch) -> Iterator[int]:
    yield 1


async def yields_async(payload: Watch) -> AsyncIterator[int]:
    yield 1


def unresolved(payload: "Nowhere") -> None: ...  # type: ignore[name-defined]  # noqa: F821
def misspelled(payload: "functools.Nothing") -> None: ...  # type: ignore[name-defined]
def nonsense(payload: "1 +") -> None: ...  # type: ignore[valid-type]  # noqa: F722
def impossible(payload: re.Match[str] | Connection) -> None: ...
def impossible_reply() -> Connection: ...  # type: ignore[empty-body]
def ended(how: Disconnected) -> None: ...
def whole_frame(frame: Frame) -> None: ...


@pytest.mark.parametrize(
    "function",
    [
        unannotated,
        two_payloads,
        positional,
        stars,
        keywords,
        yields,
        yields_async,
        unresolved,
        misspelled,
        nonsense,
        impossible,
        impossible_reply,
        ended,
        whole_frame,
    ],
    ids=lambda function: function.__name__,
)
def test_impossible_handlers(function: Callable[..., Any]) -> None:
    router = Router()
    message = refused(lambda: router.route("a")(function), router)
    assert names(message, function.__name__)
    message = refused(lambda: router.default(function), router)
    assert names(message, function.__name__)


@pytest.mark.parametrize("declare", ["connect", "disconnect"])
@pytest.mark.parametrize("function", [handler, unannotated, unresolved, yields, stars])
def test_impossible_hooks(declare: str, function: Callable[..., Any]) -> None:
    router = Router()
    message = refused(lambda: getattr(router, declare)(function), router)
    assert names(message, function.__name__)


def test_hooks_say_what_is_possible() -> None:
    def opened(message: Message) -> None: ...

    message = refused(lambda: Router().connect(opened))
    assert "'message' cannot be filled here. Possible are: connection, request" in (
        message
    )


@pytest.mark.parametrize("function", [7, None, Watch, "handler"])
def test_what_is_no_function(function: Any) -> None:
    router = Router()
    refused(lambda: router.route("a")(function), router)
    refused(lambda: router.connect(function), router)
    refused(lambda: router.middleware(function), router)


def test_an_object_is_named_by_its_call() -> None:
    class Handler:
        def __call__(self, payload):  # type: ignore[no-untyped-def]
            ...

    message = refused(lambda: Router().route("a")(Handler()))
    assert __file__ in message
    assert "Handler" in message


def test_a_wrapped_function_is_named_by_its_own_name() -> None:
    @functools.wraps(two_payloads)
    def wrapper(*args: Any, **options: Any) -> None: ...

    message = refused(lambda: Router().route("a")(wrapper))
    assert names(message, "two_payloads")


def test_annotations_that_are_strings_and_missing() -> None:
    message = refused(lambda: Router().route("a")(postponed.local_payload()))
    assert "cannot be resolved" in message
    assert "postponed.py" in message


# Options


@pytest.mark.parametrize(
    "throttle", ["", "20", "0/m", "20/w", "20/0s", "20/m per planet", "20/m\n", 20]
)
def test_impossible_throttles(throttle: Any) -> None:
    router = Router()
    message = refused(lambda: router.route("a", throttle=throttle)(handler), router)
    assert names(message, "handler")
    assert repr(throttle) in message


@pytest.mark.parametrize("permission", ["", "view_order", 7, None])
def test_impossible_permissions(permission: Any) -> None:
    router = Router()
    declare = router.route("a", permissions=[permission])
    assert names(refused(lambda: declare(handler), router), "handler")
    refused(lambda: Router(permissions=[permission]))


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


@pytest.mark.parametrize("kind", [BaseException, int, (ValueError,), ValueError()])
def test_exception_handlers_are_for_exceptions(kind: Any) -> None:
    refused(lambda: Router().exception_handler(kind))


def on_value_error(error: ValueError) -> None: ...
def on_value_error_again(error: ValueError) -> None: ...


def test_exception_handler_twice() -> None:
    router = Router()
    router.exception_handler(ValueError)(on_value_error)
    message = refused(
        lambda: router.exception_handler(ValueError)(on_value_error_again), router
    )
    assert names(message, "on_value_error", "on_value_error_again")


def test_an_exception_handler_takes_no_payload() -> None:
    router = Router()
    message = refused(lambda: router.exception_handler(ValueError)(handler), router)
    assert names(message, "handler")


def without_next(frame: Frame) -> None: ...
def with_more(frame: Frame, call_next: Any, more: Any) -> None: ...
def keyword_only(frame: Frame, *, call_next: Any) -> None: ...
def yielding(frame: Frame, call_next: Any) -> Iterator[None]:
    yield


@pytest.mark.parametrize("function", [without_next, with_more, keyword_only, yielding])
def test_impossible_middleware(function: Callable[..., Any]) -> None:
    router = Router()
    message = refused(lambda: router.middleware(function), router)
    assert names(message, function.__name__)


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
