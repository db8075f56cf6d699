"""What a wrong payload costs, and how long its error frame is."""

from collections.abc import Callable
from typing import Annotated, Any

import orjson
import pytest
from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    TypeAdapter,
    ValidationError,
    create_model,
)

from wsrouter.routing.outcome import Failure
from wsrouter.routing.ports import Envelope, ParsedEnvelope
from wsrouter.wire import encode, fail_fast
from wsrouter.wire.envelope import Flat, Nested

SIZE = 128 * 1024 - 100
ENVELOPES = {"nested": Nested("action"), "flat": Flat("action")}


class Item(BaseModel):
    a: int
    b: int


class Strict(BaseModel):
    model_config = ConfigDict(extra="forbid")

    items: Any = None


def many(item: str, around: str = "[]") -> bytes:
    """As many items as fit; `#` stands for a number of its own."""
    items, size, number = [], 0, 0
    while size < SIZE - len(item) - 16:
        items.append(item.replace("#", str(number)))
        size += len(items[-1]) + 1
        number += 1
    return f"{around[0]}{','.join(items)}{around[1]}".encode()


WRONG: dict[str, tuple[Any, bytes, bytes]] = {
    "list of integers": (list[int], many("11"), many('""')),
    "list of texts": (list[str], many('""'), many("11")),
    "last item": (list[int], many("11"), many("11")[:-3] + b'""]'),
    "dict": (dict[str, int], many('"#":11', "{}"), many('"#":""', "{}")),
    "models": (list[Item], many('{"a":1,"b":1}'), many('{"a":"","b":""}')),
    "set": (set[int], many("#"), many('"x#"')),
    "tuple": (tuple[int, ...], many("11"), many('""')),
    "union": (list[int | Item], many("11"), many('""')),
    "one of two": (
        list[int] | list[Item],
        many('{"a":1,"b":1}'),
        many('{"a":"","b":""}'),
    ),
}


def read(envelope: Envelope, kind: Any, payload: bytes) -> Callable[[], ParsedEnvelope]:
    if isinstance(envelope, Flat):
        kind = create_model("Members", items=(kind, ...))
        reader = envelope.reader(kind, default=...)
        return lambda: reader(b'{"action":"a","items":' + payload + b"}")
    reader = envelope.reader(kind, default=...)
    return lambda: reader(b'{"action":"a","payload":' + payload + b"}")


@pytest.mark.parametrize("name", WRONG)
@pytest.mark.parametrize("shape", ENVELOPES)
def test_one_wrong_item_of_a_list_is_looked_at(shape: str, name: str) -> None:
    """Each problem costs pydantic more than a right item: `nox -s bench --
    wrong_items` measures it."""
    kind, right, wrong = WRONG[name]
    assert read(ENVELOPES[shape], kind, right)().problem is None
    problem = read(ENVELOPES[shape], kind, wrong)().problem
    assert problem is not None
    assert 1 <= len(problem.detail) <= 4
    with pytest.raises(ValidationError) as refused:
        fail_fast.validator(TypeAdapter(kind)).validate_json(wrong)
    assert refused.value.error_count() <= 4


def echoing(value: str) -> str:
    raise ValueError(f"{value} is not allowed")


LONG = "k" * 20_000
FRAMES: dict[str, tuple[Any, Any]] = {
    "a long key": (dict[str, dict[str, int]], {LONG: {LONG: "x"}}),
    "long keys of a model": (Strict, {f"{n}{LONG}": 1 for n in range(5)}),
    "many long keys": (dict[str, Strict], {LONG: {str(n): n for n in range(90)}}),
    "many keys": (Strict, {str(number): 1 for number in range(10_000)}),
    "a validator that echoes": (Annotated[str, AfterValidator(echoing)], LONG),
    "a huge number": (dict[int, int], {"7" * 4000: "x"}),
    "deep": (dict[str, Any] | list[int], [[[["x"]]]]),
    "not ASCII": (dict[str, int], {"\u0000😀" * 2000: "x"}),
}


@pytest.mark.parametrize("name", FRAMES)
@pytest.mark.parametrize("shape", ENVELOPES)
def test_an_error_frame_is_short(shape: str, name: str) -> None:
    kind, payload = FRAMES[name]
    parsed = read(ENVELOPES[shape], kind, orjson.dumps(payload))()
    assert parsed.problem
    assert parsed.problem.code == "invalid_payload"
    long_id = "\u0001" * 128
    answer = encode.answer(Failure(parsed.problem, "a" * 128, long_id))
    assert len(answer.body) <= 4096
    assert orjson.loads(answer.body)["error"]["detail"]
