"""Who may call a route, and how often."""

from collections.abc import Iterable
from functools import partial
from typing import Any, Protocol

from wsrouter.errors import MessageError, Reject
from wsrouter.routing.connection import Connection
from wsrouter.routing.flow import Flow, call, call_handler, is_async
from wsrouter.routing.frame import Frame
from wsrouter.routing.permission import AnyOf, Permission
from wsrouter.routing.ports import Counter
from wsrouter.routing.route import Route
from wsrouter.routing.throttle import Rate, counted_network, throttled


class Guarded(Protocol):
    """A route, or a group rule for clients that join by themselves."""

    @property
    def needs_login(self) -> bool: ...

    @property
    def permissions(self) -> tuple[Permission, ...]: ...


def admit(
    route: Route, frame: Frame, connection: Connection | None, counter: Counter
) -> Flow[None]:
    """Raises MessageError when this connection may not call the route now."""
    if connection is not None and not (yield from is_permitted(route, connection)):
        raise MessageError("permission_denied", "You may not do this.")
    if rate := route.throttle:
        who = caller(rate, frame.connection_id, frame.source_ip, connection)
        yield from count(counter, rate, f"{frame.gateway}:{route.key}:{who}")


def is_permitted(guarded: Guarded, connection: Connection) -> Flow[bool]:
    """Whether every permission is there. Raises MessageError without the login that is
    asked for."""
    if guarded.needs_login and not connection.user.is_authenticated:
        raise MessageError("not_authenticated", "Log in first.")
    for permission in guarded.permissions:
        if not (yield from _is_allowed(permission, connection)):
            return False
    return True


def count(counter: Counter, rate: Rate, key: str) -> Flow[None]:
    """Raises MessageError when this is one too many."""
    if wait := (yield from call(counter.hit, key, rate)):
        raise throttled(wait)


def caller(
    rate: Rate, connection_id: str, source_ip: str, connection: Connection | None
) -> str:
    """Whom a rate counts."""
    if rate.scope == "ip":
        return f"ip:{counted_network(source_ip)}"
    if rate.scope == "user" and connection and connection.user.is_authenticated:
        return f"user:{connection.user.pk}"
    return f"connection:{connection_id}"


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


def _is_allowed(permission: Permission, connection: Connection) -> Flow[Any]:
    if isinstance(permission, AnyOf):
        return _is_one_allowed(permission, connection)
    if isinstance(permission, str):
        return call(connection.user.has_perm, permission)
    return call_handler(partial(permission, connection), {}, is_async(permission))


def _is_one_allowed(permission: AnyOf, connection: Connection) -> Flow[bool]:
    for alternative in permission.permissions:
        if (yield from _is_allowed(alternative, connection)):
            return True
    return False
