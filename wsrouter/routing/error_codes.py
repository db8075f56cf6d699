"""The error codes that a route can answer: the library's own, by what the route asks
for, and those that its declaration adds."""

from pydantic import ValidationError

from wsrouter.errors import MessageError
from wsrouter.routing.adapter import spelled
from wsrouter.routing.declared_errors import ErrorDetail
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


def contradiction(route: Route, error: MessageError) -> str:
    """What is wrong with an error by the `errors=` of its route. Empty when nothing is,
    and for a route that declares none."""
    if route.errors is None:
        return ""
    detail = route.errors.get(error.code)
    if detail is None:
        is_known = error.code in route.errors or error.code in library_codes(route)
        return "" if is_known else f"its errors= do not list the code {error.code!r}"
    problem = _problem(detail, error)
    model = spelled(detail.model)
    return problem and f"the detail of {error.code!r} is no {model}: {problem}"


def declared_detail(route: Route, error: MessageError) -> Json | None:
    """The detail as the model in `errors=` writes it, with what its fields have as
    defaults, so that clients get what the documents say. None where no model is
    declared, and for a detail that does not fit."""
    detail = (route.errors or {}).get(error.code)
    written = dump(detail.adapter, error.detail) if detail else None
    return None if isinstance(written, Exception) else written


def _problem(detail: ErrorDetail, error: MessageError) -> str:
    written = dump(detail.adapter, error.detail)
    if not isinstance(written, ValidationError):
        return str(written) if isinstance(written, Exception) else ""
    problem = written.errors()[0]
    return ": ".join(filter(None, [".".join(map(str, problem["loc"])), problem["msg"]]))
