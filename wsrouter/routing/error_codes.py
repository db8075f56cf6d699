"""The error codes that a route can answer: the library's own, by what the route asks
for, and those that its declaration adds."""

from typing import NamedTuple

from pydantic import ValidationError

from wsrouter.errors import MessageError
from wsrouter.routing.adapter import spelled
from wsrouter.routing.json_values import Json, dump
from wsrouter.routing.route import Route


def library_codes(route: Route) -> tuple[str, ...]:
    """The codes with which the library itself answers the messages of a route."""
    needs_connection = route.needs_connection
    asked = {
        "malformed_frame": True,
        "invalid_payload": route.signature.payload is not ...,
        "not_authenticated": needs_connection,
        "connection_unknown": needs_connection,
        "permission_denied": bool(route.permissions),
        "throttled": route.throttle is not None,
        "reply_too_large": route.signature.returns not in (None, type(None)),
        "internal_error": True,
    }
    return tuple(code for code, is_possible in asked.items() if is_possible)


class CheckedError(NamedTuple):
    """An error beside the `errors=` of its route. `problem` says what is wrong with it;
    empty when nothing is. `detail` is the detail as the declared model writes it, with
    what its fields have as defaults, so that clients get what the documents say; None
    where no model is declared, and for a detail that does not fit."""

    problem: str = ""
    detail: Json | None = None


def checked_error(route: Route, error: MessageError) -> CheckedError:
    """What the route's `errors=` say of an error; nothing where it declares none."""
    if route.errors is None:
        return CheckedError()
    declared = route.errors.get(error.code)
    if declared is None:
        is_known = error.code in route.errors or error.code in library_codes(route)
        unlisted = f"its errors= do not list the code {error.code!r}"
        return CheckedError("" if is_known else unlisted)
    written = dump(declared.adapter, error.detail)
    if not isinstance(written, Exception):
        return CheckedError(detail=written)
    problem, model = _sentence(written), spelled(declared.model)
    return CheckedError(
        problem and f"the detail of {error.code!r} is no {model}: {problem}"
    )


def _sentence(error: Exception) -> str:
    if not isinstance(error, ValidationError):
        return str(error)
    first = error.errors()[0]
    return ": ".join(filter(None, [".".join(map(str, first["loc"])), first["msg"]]))
