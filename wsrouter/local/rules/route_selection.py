"""The route key that a message selects.

"Create routes for WebSocket APIs in API Gateway" describes the expression; switches
answer what it leaves open.
"""

from typing import Any

import orjson

from wsrouter.catalog.snapshot import CONNECT, DEFAULT, DISCONNECT
from wsrouter.local.rules.behaviour import Behaviour
from wsrouter.wire import selection

_RESERVED_KEYS = frozenset({CONNECT, DEFAULT, DISCONNECT})


def selected_key(text: str, expression: str, behaviour: Behaviour) -> str | None:
    """The value of the route selection expression for this message, None when it
    cannot be evaluated."""
    try:
        body = _apply_switches(orjson.loads(text), behaviour)
    except (orjson.JSONDecodeError, RecursionError):  # deeper than Python can follow
        return None
    key = selection.parse(expression).evaluate(body)
    if key in _RESERVED_KEYS and behaviour.reserved_key == "default":
        return None
    return key


def _apply_switches(value: Any, behaviour: Behaviour) -> Any:
    """The body with nulls and values that are no text as the switches treat them."""
    if isinstance(value, dict):
        return {name: _apply_switches(v, behaviour) for name, v in value.items()}
    if value is None:
        return "null" if behaviour.null_key == "null" else None
    if isinstance(value, str) or behaviour.typed_key == "stringified":
        return value
    return None
