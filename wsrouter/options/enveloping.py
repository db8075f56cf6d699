"""Reads and checks ENVELOPE: the name of one of the library's two envelopes, or the
dotted path of an application's own."""

import inspect
import re
from collections.abc import Iterator, Mapping
from importlib import import_module
from typing import Any

from wsrouter.routing.envelope_class import Envelope

NAMES = ("nested", "flat")
_PATH = re.compile(r"[A-Za-z_]\w*(\.[A-Za-z_]\w*)+", re.ASCII)
_KEY = re.compile(r"[\w-]+")
_ARGUMENTS: dict[str, tuple[Any, ...]] = {
    "read": (b"",),
    "reply": ("", None, None),
    "event": ("", "", None),
    "error": (None, None, None),
}
"""How each method is called."""


def envelope(value: Any) -> str | Envelope:
    """Read ENVELOPE; raises ValueError."""
    if value in NAMES:
        return str(value)
    if not isinstance(value, str) or not _PATH.fullmatch(value):
        raise ValueError(
            " must be 'nested', 'flat' or the dotted path of a subclass of"
            f" wsrouter.Envelope, not {value!r}."
        )
    found = _imported(value)
    for problem in _problems(found):
        raise ValueError(f": {value} {problem}.")
    try:
        made = found()
    except Exception as error:
        raise ValueError(f": {value}() raised {error!r}.") from error
    if not isinstance(made, Envelope):
        raise ValueError(f": {value}() is {made!r}, and no wsrouter.Envelope.")
    return made


def _imported(path: str) -> Any:
    module, _, name = path.rpartition(".")
    try:
        return getattr(import_module(module), name)
    except Exception as error:
        raise ValueError(f": {path} cannot be imported: {error!r}.") from error


def _problems(found: Any) -> Iterator[str]:
    """What is wrong with a class."""
    if not isinstance(found, type) or not issubclass(found, Envelope):
        yield "is not a subclass of wsrouter.Envelope"
        return
    if missing := sorted(found.__abstractmethods__):
        yield f"lacks the method {missing[0]}()"
    key: Any = found.key
    if key is not None and not (isinstance(key, str) and _KEY.fullmatch(key)):
        yield f"has the key {key!r}, which is not the name of a member, or None"
    for name, arguments in _ARGUMENTS.items():
        method = getattr(found, name)
        if inspect.iscoroutinefunction(method) or inspect.isasyncgenfunction(method):
            yield f"has an async method {name}(), which cannot be called"
        elif not _takes(inspect.getattr_static(found, name), method, arguments):
            count = len(arguments)
            yield f"has a method {name}() that does not take {count} arguments"


def _takes(declared: Any, method: Any, arguments: tuple[Any, ...]) -> bool:
    has_self = not isinstance(declared, staticmethod | classmethod)
    try:
        inspect.signature(method).bind(*((None,) if has_self else ()), *arguments)
    except (TypeError, ValueError):
        return False
    return True


def consequences(
    envelope: Envelope, entry: Mapping[str, Any], key_selected_by: str | None
) -> dict[str, Any]:
    """The settings that follow from an application's own envelope: the route selection
    expression names its key, and without a key only `$default` can be published.
    `key_selected_by` is the member that the expression in the settings names. Raises
    ValueError for a setting that contradicts."""
    name, key = type(envelope).__qualname__, envelope.key
    expression = entry.get("ROUTE_SELECTION_EXPRESSION")
    if entry.get("VALIDATE_AT_GATEWAY"):
        raise ValueError(
            "['VALIDATE_AT_GATEWAY'] needs the envelope 'nested' or 'flat': API Gateway"
            f" cannot know where {name} has the payload."
        )
    if expression and key is not None and key_selected_by != key:
        raise ValueError(
            f"['ROUTE_SELECTION_EXPRESSION'] {expression!r} does not select by {key!r},"
            f" the key of {name}. Leave it out."
        )
    if expression:
        return {}
    if key is not None:
        return {"route_selection_expression": f"$request.body.{key}"}
    if entry.get("DEFAULT_ROUTE") is False:
        raise ValueError(
            f"['DEFAULT_ROUTE'] cannot be False: {name} has no key, so that every"
            " message goes through $default."
        )
    return {"publish": "default"}


READERS = {"ENVELOPE": envelope}
"""The function that reads each of these settings. Its error message continues the text
`WSROUTER[...][...]`."""
