"""The error codes that a route can answer: the library's own, by what the route asks
for, and those that its declaration adds."""

from pydantic import ValidationError

from wsrouter.errors import MessageError
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
    try:
        detail.adapter.validate_python(error.detail, from_attributes=True)
    except ValidationError as invalid:
        problem = invalid.errors()[0]
        where = ".".join(map(str, problem["loc"]))
        return (
            f"the detail of {error.code!r} is not its model's: {where} {problem['msg']}"
        )
    return ""
