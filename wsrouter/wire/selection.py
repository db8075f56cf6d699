"""The route selection expression, parsed and evaluated as API Gateway does."""

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

_VARIABLE = re.compile(
    r"(?<!\\)\$\{request\.body\.(?P<braced>[^{}]+)\}"
    r"|^\$request\.body\.(?P<bare>.+)\Z"
)
_SIMPLE_KEY = re.compile(r"\$(?:request\.body\.([\w-]+)|\{request\.body\.([\w-]+)\})")

_STEP = re.compile(
    r"\.(?P<name>[^.\[\]*?@()\'\"]+)|\[(?P<index>\d{1,9})\]"
    r"|\[(?P<quote>[\'\"])(?P<quoted>[^\'\"\[\]]+)(?P=quote)\]"
)
"""One step of a path: `.name`, `[0]` or `['name']`. The rest of JSONPath (wildcards,
slices, filters, `..`) can select several values, which is no route key."""


@dataclass(frozen=True, slots=True)
class Selection:
    """A parsed expression. `key` is the body member of the plain form
    `$request.body.<key>`, else None: then only the Route-Key header selects."""

    expression: str
    key: str | None
    parts: tuple[str | Callable[[Any], str], ...]

    def evaluate(self, body: Any) -> str | None:
        """The selected route key, or None when `body` is no JSON object.

        `body` is parsed JSON; a missing member counts as an empty string.
        """
        if not isinstance(body, dict) and any(callable(part) for part in self.parts):
            return None
        try:
            return "".join(
                part if isinstance(part, str) else part(body) for part in self.parts
            )
        except RecursionError:  # a member nested deeper than Python can follow
            return None


@lru_cache(maxsize=64)
def parse(expression: str) -> Selection:
    """Parse an expression; raises ValueError when a variable in it is unknown."""
    simple = _SIMPLE_KEY.fullmatch(expression)
    return Selection(
        expression=expression,
        key=(simple.group(1) or simple.group(2)) if simple else None,
        parts=tuple(_parts(expression)),
    )


def _parts(expression: str) -> list[str | Callable[[Any], str]]:
    parts: list[str | Callable[[Any], str]] = []
    position = 0
    for variable in _VARIABLE.finditer(expression):
        parts.append(_static(expression, expression[position : variable.start()]))
        parts.append(_lookup(expression, variable["braced"] or variable["bare"]))
        position = variable.end()
    parts.append(_static(expression, expression[position:]))
    return [part for part in parts if part != ""]


def _static(expression: str, text: str) -> str:
    if re.search(r"(?<!\\)\$", text):
        raise ValueError(
            f"The route selection expression {expression!r} has a variable that is not"
            " of the form $request.body.<name> or ${request.body.<name>}."
        )
    return text.replace("\\$", "$")


def _lookup(expression: str, path: str) -> Callable[[Any], str]:
    steps = _steps(expression, path)

    def find(body: Any) -> str:
        value = body
        for step in steps:
            value = _member(value, step)
        return _text(value)

    return find


def _steps(expression: str, path: str) -> list[str | int]:
    """The member names and list indexes of a path such as `items[0].action`."""
    steps: list[str | int] = []
    position = 0
    for step in _STEP.finditer(f".{path}"):
        if step.start() != position:
            break
        index, name = step["index"], step["name"] or step["quoted"]
        steps.append(name if index is None else int(index))
        position = step.end()
    if position != len(path) + 1:
        raise ValueError(
            f"The route selection expression {expression!r} has a path that is not"
            " supported: it may consist of names, as in order.action, and of indexes of"
            " lists, as in items[0].action."
        )
    return steps


def _member(value: Any, step: str | int) -> Any:
    if isinstance(step, str):
        return value.get(step) if isinstance(value, dict) else None
    is_inside = isinstance(value, list) and step < len(value)
    return value[step] if is_inside else None


def _text(value: Any) -> str:
    """A JSON value as a string, as far as API Gateway documents it."""
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    if isinstance(value, list):
        return f"[{', '.join(_text(item) for item in value)}]"
    return json.dumps(value)
