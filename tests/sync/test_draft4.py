"""Whatever pydantic accepts passes the draft-04 schema drawn from the same type."""

import json
from typing import Any, Literal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft4Validator
from pydantic import (
    TypeAdapter,
)

from tests.effort import examples
from tests.sync.payload_types import TYPES, Choice, Closed, Letter
from wsrouter.sync.draft4 import schema_of

SCALARS = (
    st.none()
    | st.booleans()
    | st.integers(-3, 120)
    | st.sampled_from([0.0, 1.0, 2.5, 7.25, 1e300, "", "1", "7.0", "true", " a ", "ab"])
    | st.sampled_from(["red", "cat", "dog", "2020-01-01", "2020-01-01T00:00:00Z"])
    | st.sampled_from(["PT1S", "12345678123456781234567812345678", "naïve", "a" * 9])
)
NAMES = st.sampled_from(
    [
        "number",
        "name",
        "Name",
        "other",
        "Other",
        "colour",
        "value",
        "children",
        "kind",
        "lives",
        "good",
        "size",
        "label",
        "left",
        "right",
        "x",
        "y",
        "seen",
        "1",
    ]
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner),
    max_leaves=8,
)
LIKELY = st.fixed_dictionaries(
    {},
    optional={
        "number": SCALARS,
        "name": SCALARS,
        "Name": SCALARS,
        "other": SCALARS,
        "Other": SCALARS,
        "colour": SCALARS,
        "kind": st.sampled_from(["cat", "dog"]),
        "lives": SCALARS,
        "good": SCALARS,
        "value": SCALARS,
        "children": st.lists(st.fixed_dictionaries({"value": SCALARS}), max_size=3),
        "size": SCALARS,
        "x": SCALARS,
        "y": SCALARS,
    },
)


def accepts(kind: Any, text: str) -> bool:
    try:
        TypeAdapter(kind).validate_json(text)
    except ValueError:  # ValidationError is one; older versions of pydantic raise more
        return False
    return True


@pytest.mark.parametrize("name", TYPES)
def test_no_accepted_value_is_refused(name: str) -> None:
    kind = TYPES[name]
    schema = schema_of(kind)
    Draft4Validator.check_schema(schema)
    validator = Draft4Validator(schema)

    @settings(max_examples=examples(50), deadline=None, database=None)
    @given(VALUES | LIKELY)
    def holds(value: Any) -> None:
        text = json.dumps(value)
        if accepts(kind, text):
            validator.validate(json.loads(text))

    holds()


@pytest.mark.parametrize(
    "value",
    [{"Name": "x"}, {"other": ["x"]}, {"name": "x"}],
    ids=["alias", "path", "name"],
)
def test_a_field_is_taken_under_each_of_its_names(value: dict[str, Any]) -> None:
    assert accepts(Choice, json.dumps(value))
    Draft4Validator(schema_of(Choice)).validate(value)


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        (Closed, {"label": {"text": "x", "more": 1}}),
        (Letter, "a"),
        (Literal[Letter.A], "a"),
    ],
    ids=["closed", "letter", "one letter"],
)
def test_what_is_taken_passes(kind: Any, value: Any) -> None:
    assert accepts(kind, json.dumps(value))
    Draft4Validator(schema_of(kind)).validate(value)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("int", []),
        ("bounded", 21),
        ("str", "abcd"),
        ("str", 7),
        ("enum", "green"),
        ("optional", {}),
        ("list", []),
        ("model", {"name": "x"}),
        ("model", {"number": 1, "name": "x", "more": 1}),
        ("model", {"number": 100, "name": "x"}),
        ("tagged", {"kind": "cow"}),
        ("tree", {"value": 1, "children": 5}),
        ("typed dict", {}),
        ("dataclass", {"y": 1}),
        ("root", {}),
        ("everybody", {"inner": []}),
    ],
)
def test_what_is_plainly_wrong_is_refused(name: str, value: Any) -> None:
    assert not accepts(TYPES[name], json.dumps(value))
    assert not Draft4Validator(schema_of(TYPES[name])).is_valid(value)
