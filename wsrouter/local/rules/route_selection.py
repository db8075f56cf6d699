"""The key that a message names, with an answer to each question left open about it."""

from typing import Any

import orjson

from wsrouter.catalog.snapshot import CONNECT, DEFAULT, DISCONNECT
from wsrouter.local.rules.behaviour import Behaviour
from wsrouter.wire import selection

_RESERVED = frozenset({CONNECT, DEFAULT, DISCONNECT})


def key_of(text: str, expression: str, behaviour: Behaviour) -> str | None:
    """None when it names none."""
    try:
        body = _seen(orjson.loads(text), behaviour)
    except (orjson.JSONDecodeError, RecursionError):  # deeper than Python can follow
        return None
    key = selection.parse(expression).evaluate(body)
    if key in _RESERVED and behaviour.reserved_key == "default":
        return None
    return key


def _seen(value: Any, behaviour: Behaviour) -> Any:
    """The body as the expression sees it."""
    if isinstance(value, dict):
        return {name: _seen(each, behaviour) for name, each in value.items()}
    if value is None:
        return "null" if behaviour.null_key == "null" else None
    if isinstance(value, str) or behaviour.typed_key == "stringified":
        return value
    return None
