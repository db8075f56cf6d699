"""The spec of a root router."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import Any

from wsrouter.catalog.group_names import group_names
from wsrouter.catalog.routes import ApiSpec, ErrorSpec, EventSpec, GroupSpec, RouteSpec
from wsrouter.catalog.snapshot import CONNECT, DEFAULT, DISCONNECT
from wsrouter.routing.declared_errors import ErrorDetail
from wsrouter.routing.error_codes import library_codes
from wsrouter.routing.group_rule import GroupRule
from wsrouter.routing.library_routes import JOIN, LEAVE
from wsrouter.routing.route import Route
from wsrouter.routing.router import Router
from wsrouter.routing.signature import ParameterKind, unwrapped
from wsrouter.routing.table import MountedEvent, Stack, Table, table


def build(root: Router) -> ApiSpec:
    """The routes and events that `root` registers now, as plain data."""
    declared = table(root)
    return ApiSpec(
        routes=tuple(
            _route(key, placed.route) for key, placed in declared.routes.items()
        ),
        hooks=tuple(_hooks(declared)),
        events=tuple(map(_event, declared.events)),
        groups=tuple(map(_group, declared.group_rules.rules)),
        library=tuple(_library(declared)),
    )


def _event(mounted: MountedEvent) -> EventSpec:
    event = mounted.event
    return EventSpec(
        name=event.name,
        model=event.model,
        summary=event.summary,
        tags=tuple(dict.fromkeys(mounted.tags)),
    )


def _library(declared: Table) -> Iterator[RouteSpec]:
    """The library's routes; what clients may join is in the payload's schema."""
    rules = declared.group_rules.of_clients
    for key, placed in declared.library.items():
        route = _route(key, placed.route)
        if key in (JOIN, LEAVE):
            route = replace(route, payload=group_names(rules))
        if key == JOIN and any(rule.throttle for rule in rules):
            route = replace(route, library_codes=(*route.library_codes, "throttled"))
        yield route


def _group(rule: GroupRule) -> GroupSpec:
    group = GroupSpec(
        pattern=rule.pattern.text,
        handler=_dotted_name(rule.function),
        parameters=rule.parameters,
        client_may_join=rule.client_may_join,
        place=_place(rule.function),
    )
    if not rule.client_may_join:
        return group
    return replace(
        group,
        needs_login=rule.needs_login,
        permissions=tuple(map(_permission_name, rule.permissions)),
        throttle=rule.throttle,
    )


def _route(key: str, route: Route) -> RouteSpec:
    signature = route.signature
    return RouteSpec(
        key=key,
        handler=_dotted_name(route.function),
        summary=route.summary,
        description=route.description,
        tags=tuple(dict.fromkeys(route.tags)),
        payload=signature.payload,
        is_optional=signature.payload_default is not ...,
        reply=signature.returns,
        permissions=tuple(map(_permission_name, route.permissions)),
        needs_login=route.needs_login,
        needs_connection=route.needs_connection,
        takes_text=signature.takes(ParameterKind.TEXT),
        throttle=route.throttle,
        library_codes=library_codes(route),
        errors=None if route.errors is None else tuple(_errors(route.errors)),
        place=_place(route.function),
    )


def _errors(errors: Mapping[str, ErrorDetail | None]) -> Iterator[ErrorSpec]:
    for code, detail in errors.items():
        yield ErrorSpec(code=code, detail=detail.model if detail else None)


def _hooks(declared: Table) -> Iterator[RouteSpec]:
    stacks = {CONNECT: declared.connects, DISCONNECT: declared.disconnects}
    for key, stack in stacks.items():
        for function in _functions(stack):
            yield RouteSpec(
                key=key, handler=_dotted_name(function), place=_place(function)
            )
    if declared.default:
        yield _route(DEFAULT, declared.default.route)


def _functions(stack: Stack) -> Iterator[Callable[..., Any]]:
    for member in stack.members:
        if isinstance(member, Stack):
            yield from _functions(member)
        else:
            yield member.function


def _dotted_name(function: object) -> str:
    function = unwrapped(function)
    name = getattr(function, "__qualname__", type(function).__qualname__)
    return f"{function.__module__}.{name}"


def _permission_name(permission: str | Callable[..., Any]) -> str:
    return permission if isinstance(permission, str) else _dotted_name(permission)


def _place(function: Callable[..., Any]) -> str:
    code = getattr(unwrapped(function), "__code__", None)
    return f"{code.co_filename}:{code.co_firstlineno}" if code else ""
