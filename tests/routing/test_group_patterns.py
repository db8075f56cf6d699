"""Which names a pattern matches, which patterns clash, what is refused at import."""

import itertools
import re
from collections.abc import Callable
from datetime import date
from typing import Any, Literal
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.routing.refusals import names, refused
from wsrouter import Connection, InvalidValue, Message, Router
from wsrouter.routing.group_pattern import GroupPattern

# Names


@pytest.mark.parametrize(
    ("pattern", "name", "values"),
    [
        ("order:{id}", "order:7", {"id": "7"}),
        ("order:{id}", "order:", None),
        ("order:{id}", "order:7:8", None),
        ("order:{id}", "orders:7", None),
        ("order:{id}", "xorder:7", None),
        ("staff", "staff", {}),
        ("staff", "staffs", None),
        ("{a}", "é ü", {"a": "é ü"}),
        ("{shop}:{user}-{tab}", "x:ada-1", {"shop": "x", "user": "ada", "tab": "1"}),
        ("x{a}y", "xy", None),
        ("x{a}y", "xyy", {"a": "y"}),
        ("{a}-{b}", "--1", {"a": "-", "b": "1"}),
        ("{a}-{b}", "-1", None),
        ("a:b.c+{d}", "a:b.c+d", {"d": "d"}),
        ("a:b.c+{d}", "a:bxc+d", None),
    ],
)
def test_names(pattern: str, name: str, values: Any) -> None:
    assert GroupPattern.parse(pattern).values(name) == values


def test_a_name_with_two_meanings_is_refused() -> None:
    """A rule asked about ada's `b-c` must not let in who waits for that of ada-b."""
    pattern = GroupPattern.parse("doc:{owner}-{slug}")
    assert pattern.values("doc:ada-b") == {"owner": "ada", "slug": "b"}
    with pytest.raises(InvalidValue, match=r"'ada-b-c'.*more than one way"):
        pattern.values("doc:ada-b-c")


parts = st.lists(st.sampled_from(["a", "b", ":", "ab", "{}"]), min_size=1, max_size=5)
letters = [*map("".join, itertools.product("ab:", repeat=4)), "a", "b", "ab", "a:b"]


def a_pattern(pieces: list[str]) -> GroupPattern | None:
    numbers = itertools.count()
    text = "".join(f"{{p{next(numbers)}}}" if p == "{}" else p for p in pieces)
    try:
        return GroupPattern.parse(text)
    except ValueError:
        return None


def as_expression(pattern: GroupPattern) -> re.Pattern[str]:
    pieces = re.split(r"\{\w+\}", pattern.text)
    return re.compile("[^:]+".join(map(re.escape, pieces)))


def matches(pattern: GroupPattern, name: str) -> bool:
    try:
        return pattern.values(name) is not None
    except InvalidValue:
        return True


@given(parts, parts)
def test_any_patterns(one: list[str], two: list[str]) -> None:
    """They match as regular expressions would, and clash if a name matches both."""
    first, second = a_pattern(one), a_pattern(two)
    if first is None or second is None:
        return
    both = []
    for name in letters:
        assert matches(first, name) == bool(as_expression(first).fullmatch(name))
        if matches(first, name) and matches(second, name):
            both.append(name)
    assert first.clashes_with(second) == second.clashes_with(first)
    assert first.clashes_with(second) or not both


# Clashes


@pytest.mark.parametrize(
    ("one", "two", "clash"),
    [
        ("order:{id}", "order:{slug}", True),
        ("order:{id}", "order:all", True),
        ("order:{id}", "orders:{id}", False),
        ("order:{id}", "order:{id}:{line}", False),
        ("staff", "staff", True),
        ("x{a}y", "{b}z", False),
        ("{a}b", "b{a}", True),
        ("{a}-{b}", "{a}_{b}", True),
        ("room-{a}", "room{a}-", True),
        ("ab{a}", "a{a}", True),
        ("a{a}", "a", False),
    ],
)
def test_clashes(one: str, two: str, clash: bool) -> None:
    assert GroupPattern.parse(one).clashes_with(GroupPattern.parse(two)) == clash


def of_number(id: int) -> bool:
    return True


async def of_text(id: str) -> bool:
    return True


def test_a_clash_names_both_functions() -> None:
    """Whatever the types: `order:7` must not depend on which rule comes first."""
    root, inner, innermost = Router(), Router(), Router()
    root.include(inner)
    root.group("order:{id}")(of_number)
    message = refused(lambda: root.group("order:{id}")(of_text), root)
    assert names(message, "of_number", "of_text")
    assert "'order:{id}'" in message
    message = refused(lambda: inner.group("order:{id}")(of_text), root, inner)
    assert names(message, "of_number", "of_text")
    innermost.group("{id}:{id2}")(two)
    message = refused(lambda: inner.include(innermost), root, inner)
    assert names(message, "of_number", "two")


# Declarations


def two(id: str, id2: str) -> bool:
    return True


def untyped(id) -> bool:  # type: ignore[no-untyped-def]
    return True


def missing(connection: Connection) -> bool:
    return True


def unknown(id: int, other: int) -> bool:
    return True


def message(id: int, message: Message) -> bool:
    return True


def connection_in_the_name(id: Connection) -> bool:
    return True


def nothing(id: int) -> None: ...
def yielding(id: int) -> Any:
    yield True


def positional(id: int, /) -> bool:
    return True


def unusual(id: re.Match[str]) -> bool:
    return True


def unresolved(id: "Nowhere") -> bool:  # type: ignore[name-defined]  # noqa: F821
    return True


@pytest.mark.parametrize(
    ("function", "problem"),
    [
        (untyped, "parameter 'id' has no annotation"),
        (missing, "takes no parameter 'id', which its pattern 'order:{id}' has"),
        (unknown, "parameter 'other' is not in the pattern 'order:{id}'"),
        (message, "parameter 'message' is not in the pattern"),
        (connection_in_the_name, "takes no parameter 'id'"),
        (nothing, "returns nothing"),
        (yielding, "not yield it"),
        (positional, "cannot be passed by name"),
        (unusual, "pydantic takes no re.Match[str]"),
        (unresolved, "cannot be resolved"),
    ],
)
def test_impossible_rules(function: Callable[..., Any], problem: str) -> None:
    router = Router()
    message = refused(lambda: router.group("order:{id}")(function), router)
    assert names(message, function.__name__)
    assert problem in message


@pytest.mark.parametrize(
    ("pattern", "problem"),
    [
        ("", "1 to 255 characters"),
        (" order:{id}", "no space"),
        ("order:{id}{more}", "without any text between them"),
        ("order:{id", "a brace is missing"),
        ("order:{id}}", "a brace is missing, or there is one too many"),
        ("order:{}", "does not name a parameter"),
        ("order:{order.id}", "does not name a parameter"),
        ("order:{class}", "does not name a parameter"),
        ("order:{id}:{id}", "'id' is in it twice"),
        (7, "a pattern is a string, not 7"),
    ],
)
def test_impossible_patterns(pattern: Any, problem: str) -> None:
    router = Router()
    message = refused(lambda: router.group(pattern)(of_number), router)
    assert names(message, "of_number")
    assert problem in message


def test_impossible_options() -> None:
    router = Router()
    message = refused(lambda: router.group(of_number), router)  # type: ignore[arg-type]
    assert "write @router.group('<pattern>')" in message
    declare = router.group("order:{id}", throttle="20/m")
    assert "client_may_join=True" in refused(lambda: declare(of_number), router)
    declare = router.group("order:{id}", client_may_join=True, throttle="often")
    assert "'often'" in refused(lambda: declare(of_number), router)


def test_the_function_comes_back() -> None:
    router = Router()
    assert router.group("order:{id}")(of_number) is of_number
    assert router.group("shop:{id}", client_may_join=True)(of_text) is of_text


# Types


@pytest.mark.parametrize(
    ("annotation", "text", "value"),
    [
        (int, "7", 7),
        (int, "07", None),
        (int, "seven", None),
        (int, "7.0", None),
        (str, "07", "07"),
        (UUID, f"{UUID(int=10)}", UUID(int=10)),
        (UUID, f"{UUID(int=10)}".upper(), None),
        (date, "2026-11-29", date(2026, 11, 29)),
        (Literal["open", "paid"], "paid", "paid"),
        (Literal["open", "paid"], "sold", None),
        (Any, "x", "x"),
    ],
)
def test_parameters_are_typed(annotation: Any, text: str, value: Any) -> None:
    router, asked = Router(), list[Any]()

    def rule(id: Any) -> bool:
        asked.append(id)
        return True

    rule.__annotations__["id"] = annotation
    router.group("order:{id}")(rule)
    connection = Connection("c1=", group_rules=rules_of(router))
    if value is None:
        with pytest.raises(InvalidValue, match=f"id cannot be '{text}': "):
            connection.join(f"order:{text}")
        assert (asked, connection.groups) == ([], frozenset())
    else:
        connection.join(f"order:{text}")
        assert (asked, connection.groups) == ([value], {f"order:{text}"})


def rules_of(router: Router) -> Any:
    from wsrouter.routing.table import table

    return table(router).group_rules
