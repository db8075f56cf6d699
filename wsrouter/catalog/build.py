"""A root router to its spec."""

import inspect
from collections.abc import Callable, Iterator
from typing import Any

from wsrouter.catalog.routes import ApiSpec, EventSpec, RouteSpec
from wsrouter.catalog.snapshot import CONNECT, DEFAULT, DISCONNECT
from wsrouter.routing.route import Route
from wsrouter.routing.router import Router
from wsrouter.routing.table import Stack, Table, table


def build(root: Router) -> ApiSpec:
    """The routes and events that `root` registers now, as plain data."""
    declared = table(root)
    return ApiSpec(
        routes=tuple(
            _route(key, placed.route) for key, placed in declared.routes.items()
        ),
        hooks=tuple(_hooks(declared)),
        events=tuple(
            EventSpec(name=event.name, tags=event.tags) for event in declared.events
        ),
    )


def _route(key: str, route: Route) -> RouteSpec:
    takes = route.signature
    return RouteSpec(
        key=key,
        handler=_dotted(route.function),
        summary=route.summary,
        tags=route.tags,
        payload=takes.payload,
        is_optional=takes.payload_default is not ...,
        reply=takes.returns,
        permissions=tuple(map(_named, route.permissions)),
        login_required=route.login_required,
        place=_place(route.function),
    )


def _hooks(declared: Table) -> Iterator[RouteSpec]:
    stacks = {CONNECT: declared.connects, DISCONNECT: declared.disconnects}
    for key, stack in stacks.items():
        for function in _functions(stack):
            yield RouteSpec(key=key, handler=_dotted(function), place=_place(function))
    if declared.default:
        yield _route(DEFAULT, declared.default.route)


def _functions(stack: Stack) -> Iterator[Callable[..., Any]]:
    for each in stack.members:
        if isinstance(each, Stack):
            yield from _functions(each)
        else:
            yield each.function


def _dotted(function: object) -> str:
    name = getattr(function, "__qualname__", type(function).__qualname__)
    return f"{function.__module__}.{name}"


def _named(permission: str | Callable[..., Any]) -> str:
    return permission if isinstance(permission, str) else _dotted(permission)


def _place(function: Callable[..., Any]) -> str:
    code = getattr(inspect.unwrap(function), "__code__", None)
    return f"{code.co_filename}:{code.co_firstlineno}" if code else ""
