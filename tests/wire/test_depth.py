"""How deep a body is nested, without parsing it."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wsrouter.wire.depth import MAX_NESTING, is_too_deep


def nested(levels: int, opening: str = "[", closing: str = "]") -> bytes:
    return (opening * levels + closing * levels).encode()


@pytest.mark.parametrize("pair", ["[]", "{}"])
def test_the_limit(pair: str) -> None:
    assert not is_too_deep(nested(MAX_NESTING, *pair))
    assert is_too_deep(nested(MAX_NESTING + 1, *pair))


@pytest.mark.parametrize(
    "body",
    [
        b"[" * 100_000,
        b'{"a":[' * 40 + b"1" + b"]}" * 40,
        b'["\\"", ' + nested(MAX_NESTING) + b"]",
        b'["]]]]", ' + nested(MAX_NESTING) + b"]",
    ],
)
def test_too_deep(body: bytes) -> None:
    assert is_too_deep(body)


@pytest.mark.parametrize(
    "body",
    [
        b"[]" * 60_000,
        json.dumps([{"a": [1]}] * 5_000).encode(),
        json.dumps("[" * 1_000).encode(),
        json.dumps(["[" * 99, '"[' * 99, "\\[" * 99]).encode(),
        b"]" * 1_000,
        b"no JSON at all",
    ],
)
def test_wide_is_not_deep(body: bytes) -> None:
    assert not is_too_deep(body)


trees = st.recursive(
    st.none() | st.text(), lambda t: st.lists(t) | st.dictionaries(st.text(), t)
)


def depth_of(value: object) -> int:
    inner = value.values() if isinstance(value, dict) else value
    if not isinstance(value, list | dict):
        return 0
    return 1 + max(map(depth_of, inner), default=0)  # type: ignore[call-overload]


@given(tree=trees, levels=st.integers(0, 5))
def test_it_agrees_with_the_parser(tree: object, levels: int) -> None:
    body = json.dumps(tree).encode()
    assert is_too_deep(body, levels) == (depth_of(tree) > levels)
