"""The state of a connection: a JSON dict, which is read-only after its `connect`."""

import json
import re
from collections.abc import Mapping
from typing import Any, NoReturn

from pydantic_core import to_jsonable_python

from wsrouter.errors import InvalidValue
from wsrouter.routing.django_types import LAZY_TEXT, is_a

MAX_NESTING = 32
"""Levels. MariaDB refuses JSON that is nested more than about 40 levels deep."""
_NUL = re.compile(r"(?<!\\)(?:\\\\)*\\u0000")
"""U+0000 as JSON spells it; `jsonb` of PostgreSQL cannot hold it."""
_ADVICE = (
    "connection.state is read-only after connect; use connection.update_state(...)."
)


def _refuse(*_: Any, **__: Any) -> NoReturn:
    raise TypeError(_ADVICE)


class ReadOnlyState(dict[str, Any]):
    """A dict that raises TypeError when it is changed, with what to do instead."""

    __setitem__ = __delitem__ = __ior__ = _refuse
    clear = pop = popitem = setdefault = update = _refuse


def checked_state(values: Mapping[str, Any]) -> dict[str, Any]:
    """The values as JSON has them: a date, a UUID or a Decimal becomes a string.

    Raises InvalidValue for what no database can hold as JSON, and TypeError for an
    object that is not like anything in JSON.
    """
    return {str(key): _checked(str(key), value) for key, value in values.items()}


def _checked(key: str, value: Any) -> Any:
    def lazy_text(found: Any) -> str:
        if is_a(found, LAZY_TEXT):
            return str(found)
        raise TypeError(f"state[{key!r}]: a {type(found).__qualname__} is not JSON.")

    try:
        plain = to_jsonable_python(value, fallback=lazy_text)
        if _is_deeper(plain, MAX_NESTING - 1):
            raise InvalidValue(f"The state is {MAX_NESTING} levels deep at most.")
        text = json.dumps({key: plain}, ensure_ascii=False, allow_nan=False)
        if not _NUL.search(text.encode().decode()):
            return plain
    except InvalidValue:
        raise
    except ValueError:  # NaN, a lone surrogate, a circle
        pass
    raise InvalidValue(
        "The state is JSON: NaN, Infinity, U+0000 and lone surrogates are not allowed"
        " in it."
    )


def _is_deeper(value: Any, levels: int) -> bool:
    level = [value]
    for _ in range(levels):
        level = [inner for outer in level for inner in _members(outer)]
        if not level:
            return False
    return True


def _members(value: Any) -> list[Any]:
    if isinstance(value, dict):
        return [member for member in value.values() if isinstance(member, dict | list)]
    if isinstance(value, list):
        return [member for member in value if isinstance(member, dict | list)]
    return []
