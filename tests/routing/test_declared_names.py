"""Keys of routes and names of events that are refused, also across routers."""

import re
from typing import Any

import pytest

from tests.routing.refusals import Watch, handler, names, other, refused
from wsrouter import Connection, Router
from wsrouter.routing.table import table

HERE = re.escape(__file__)


# Keys


@pytest.mark.parametrize(("prefix", "key"), [("", "wsrouter.x"), ("wsrou", "ter.ping")])
def test_keys_of_the_library(prefix: str, key: str) -> None:
    root, inner = Router(), Router()
    if prefix:
        root.include(inner, prefix)
    message = refused(lambda: inner.route(key)(handler), root, inner)
    assert "cannot start with 'wsrouter.' (wsrouter keeps those)" in message
    assert names(message, "handler")


def test_events_of_the_library() -> None:
    router = Router()
    message = refused(lambda: router.event("wsrouter.skipped", Watch), router)
    assert "does not start with 'wsrouter.'" in message


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
