"""What routes and events may be called."""

import re
from collections.abc import Iterable
from types import FrameType

from wsrouter.errors import DeclarationError

LIBRARY_PREFIX = "wsrouter."
"""Of the route keys and the frame types that the library itself answers and sends."""
RESERVED_EVENTS = frozenset({"reply", "error"})
_HEADER_SAFE = re.compile(r"[!-+\--~]([ -+\--~]*[!-+\--~])?")


def place_of(caller: FrameType) -> str:
    """Where something is declared that has no function of its own."""
    return f"{caller.f_code.co_filename}:{caller.f_lineno}"


def check_key(key: object, where: str) -> None:
    """Raises DeclarationError for a route key, or the prefix of one, that cannot be."""
    if not isinstance(key, str) or not key:
        problem = "a route key is a string that is not empty"
    elif key.startswith("$"):
        problem = "a route key cannot start with '$' (API Gateway keeps those)"
    elif not _HEADER_SAFE.fullmatch(key):
        problem = "a route key travels in a header: ASCII, no comma, no space at an end"
    else:
        check_not_reserved(key, where)
        return
    raise DeclarationError(f"{where}: {problem}, not {key!r}.")


def check_not_reserved(key: str, where: str) -> None:
    """Raises DeclarationError for a full route key of the library."""
    if key.startswith(LIBRARY_PREFIX):
        raise DeclarationError(
            f"{where}: a route key cannot start with {LIBRARY_PREFIX!r} (wsrouter keeps"
            f" those), not {key!r}."
        )


def check_event(name: object, place: str) -> None:
    """Raises DeclarationError for the name of an event that cannot be."""
    if not isinstance(name, str) or not name or name in RESERVED_EVENTS:
        problem = "is not empty, and 'reply' and 'error' are reserved"
    elif name.startswith(LIBRARY_PREFIX):
        problem = f"does not start with {LIBRARY_PREFIX!r}"
    else:
        return
    raise DeclarationError(
        f"An event cannot be called {name!r} ({place}): it takes a string that"
        f" {problem}."
    )


def refuse_twice(declared: Iterable[tuple[str, str]]) -> None:
    """Raises DeclarationError for what is declared in two places."""
    seen: dict[str, str] = {}
    for what, where in declared:
        if what in seen:
            raise DeclarationError(
                f"{what} is declared twice: by {seen[what]} and by {where}."
            )
        seen[what] = where
