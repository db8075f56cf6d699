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
        parts.append(_lookup(variable["braced"] or variable["bare"]))
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


def _lookup(path: str) -> Callable[[Any], str]:
    names = path.split(".")

    def find(body: Any) -> str:
        value = body
        for name in names:
            value = value.get(name) if isinstance(value, dict) else None
        return _text(value)

    return find


def _text(value: Any) -> str:
    """A JSON value as a string, as far as API Gateway documents it."""
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    if isinstance(value, list):
        return f"[{', '.join(_text(item) for item in value)}]"
    return json.dumps(value)
