"""Who may call a route, and how often."""

from collections.abc import Iterable
from functools import partial
from typing import Any

from wsrouter.errors import MessageError, Reject
from wsrouter.routing.connection import Connection
from wsrouter.routing.flow import Flow, call, call_handler, is_async
from wsrouter.routing.frame import Frame
from wsrouter.routing.ports import Counter
from wsrouter.routing.route import Permission, Route
from wsrouter.routing.throttle import Rate, counted_network, throttled


def admit(
    route: Route, frame: Frame, connection: Connection | None, counter: Counter
) -> Flow[None]:
    """Raises MessageError when this connection may not call the route now."""
    if connection is not None:
        _check_login(route, connection)
        for permission in route.permissions:
            if not (yield from _is_allowed(permission, connection)):
                raise MessageError("permission_denied", "You may not do this.")
    if route.throttle is not None:
        key = f"{frame.gateway}:{route.key}:{_throttle_key(route, frame, connection)}"
        if wait := (yield from call(counter.hit, key, route.throttle)):
            raise throttled(wait)


def admit_handshake(
    rates: Iterable[Rate], frame: Frame, user: Any, counter: Counter
) -> Flow[None]:
    """Raises Reject when too many connections were opened. `user` is None before the
    client has been identified: then only the limits per address are counted."""
    for rate in rates:
        if rate.scope == "ip" and user is None:
            who = f"ip:{counted_network(frame.source_ip)}"
        elif rate.scope == "user" and user is not None and user.is_authenticated:
            who = f"user:{user.pk}"
        else:
            continue
        key = f"{frame.gateway}:$connect:{who}"
        if wait := (yield from call(counter.hit, key, rate)):
            raise Reject(429, f"Too many connections; try again in {wait:.0f} s.")


def _check_login(route: Route, connection: Connection) -> None:
    if route.needs_login and not connection.user.is_authenticated:
        raise MessageError("not_authenticated", "Log in first.")


def _is_allowed(permission: Permission, connection: Connection) -> Flow[Any]:
    if isinstance(permission, str):
        return call(connection.user.has_perm, permission)
    return call_handler(partial(permission, connection), {}, is_async(permission))


def _throttle_key(route: Route, frame: Frame, connection: Connection | None) -> str:
    scope = route.throttle.scope if route.throttle else "connection"
    if scope == "ip":
        return f"ip:{counted_network(frame.source_ip)}"
    if scope == "user" and connection is not None and connection.user.is_authenticated:
        return f"user:{connection.user.pk}"
    return f"connection:{frame.connection_id}"
