"""The route selection expression, evaluated as API Gateway does."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wsrouter.wire.selection import parse

JOIN = {"service": "chat", "action": "join", "data": {"room": "room1234"}}
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=20,
)


@pytest.mark.parametrize(
    ("expression", "selected"),
    [
        # The table of the developer guide.
        ("$request.body.action", "join"),
        ("${request.body.action}", "join"),
        ("${request.body.service}/${request.body.action}", "chat/join"),
        ("${request.body.action}-${request.body.invalidPath}", "join-"),
        ("action", "action"),
        ("\\$default", "$default"),
        # What follows from it.
        ("$request.body.data.room", "room1234"),
        ("$request.body.invalidPath", ""),
        ("$request.body.action.deeper", ""),
        ("\\${request.body.action}", "${request.body.action}"),
        ("a ${request.body.action} b", "a join b"),
    ],
)
def test_the_documented_expressions(expression: str, selected: str) -> None:
    assert parse(expression).evaluate(JOIN) == selected


@pytest.mark.parametrize(
    ("expression", "selected"),
    [
        ("$request.body.items[0].action", "join"),
        ("${request.body.items[1].action}/x", "leave/x"),
        ("$request.body.items[2].action", ""),
        ("$request.body.items.action", ""),
        ("$request.body.items[0]['action']", "join"),
        ('$request.body.grid[0][1]["detail-type"]', "deep"),
        ("$request.body.items[0].action[0]", ""),
        ("$request.body.detail-type", "plain"),
        ("$request.body.two words", "spaced"),
    ],
)
def test_paths_into_lists(expression: str, selected: str) -> None:
    body = {
        "items": [{"action": "join"}, {"action": "leave"}],
        "grid": [[0, {"detail-type": "deep"}]],
        "detail-type": "plain",
        "two words": "spaced",
    }
    assert parse(expression).evaluate(body) == selected


@pytest.mark.parametrize(
    "path",
    ["items[*].action", "a..b", "items[-1]", "items[0:2]", "items[?(@.a)]", "a[", "a.",
     "items[]", "a['b", "*", "items[0]action"],
)  # fmt: skip
def test_other_paths_are_refused_by_name(path: str) -> None:
    for expression in (f"$request.body.{path}", f"x-${{request.body.{path}}}"):
        with pytest.raises(ValueError, match="has a path that is not supported") as e:
            parse(expression)
        assert repr(expression) in str(e.value)


@pytest.mark.parametrize(
    ("value", "selected"),
    [
        ("join", "join"),
        (1, "1"),
        (True, "true"),
        (1.5, "1.5"),
        (None, ""),
        (["item1", "item2"], "[item1, item2]"),
        ([], "[]"),
        ([["a"], 1], "[[a], 1]"),
        ({"a": 1}, '{"a": 1}'),
    ],
)
def test_values_become_text(value: Any, selected: str) -> None:
    assert parse("$request.body.action").evaluate({"action": value}) == selected


@pytest.mark.parametrize("body", [None, "x", 5, [], True])
def test_what_is_no_object_selects_nothing(body: Any) -> None:
    assert parse("$request.body.action").evaluate(body) is None
    assert parse("a-${request.body.action}").evaluate(body) is None
    assert parse("static").evaluate(body) == "static"


@pytest.mark.parametrize(
    ("expression", "key"),
    [
        ("$request.body.action", "action"),
        ("${request.body.action}", "action"),
        ("$request.body.detail-type", "detail-type"),
        ("$request.body.a.b", None),
        ("${request.body.service}/${request.body.action}", None),
        ("action", None),
        ("\\$default", None),
    ],
)
def test_the_key_of_the_plain_form(expression: str, key: str | None) -> None:
    assert parse(expression).key == key


@pytest.mark.parametrize(
    "expression",
    [
        "$request.header.action",
        "$context.routeKey",
        "$request.body",
        "${request.body.}",
        "$default",
        "a$request.body.action",
        "$request.body.action\n",
        "${request.body.a",
        "$",
    ],
)
def test_unknown_variables(expression: str) -> None:
    with pytest.raises(ValueError, match="route selection expression"):
        parse(expression)


@settings(derandomize=True, deadline=None, database=None)
@given(body=VALUES | st.dictionaries(st.sampled_from(["action", "data"]), VALUES))
def test_evaluating_never_fails(body: Any) -> None:
    for expression in ("$request.body.action", "${request.body.data.x}-", "static"):
        assert isinstance(parse(expression).evaluate(body), str | None)


@pytest.mark.parametrize("wrap", [lambda x: [x], lambda x: {"a": x}])
def test_a_member_without_a_bottom(wrap: Any) -> None:
    value: Any = "x"
    for _ in range(100_000):
        value = wrap(value)
    assert parse("$request.body.action").evaluate({"action": value}) is None
