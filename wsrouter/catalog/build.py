"""The spec of a root router."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import Any, Union, get_args

from wsrouter.catalog.group_names import group_names, groups_with_presence
from wsrouter.catalog.routes import ApiSpec, ErrorSpec, EventSpec, GroupSpec, RouteSpec
from wsrouter.catalog.snapshot import CONNECT, DEFAULT, DISCONNECT
from wsrouter.routing.declared_errors import ErrorDetail
from wsrouter.routing.error_codes import library_codes
from wsrouter.routing.group_rule import GroupRule
from wsrouter.routing.library_routes import JOIN, LEAVE, PING
from wsrouter.routing.outcome import Raw
from wsrouter.routing.permission import AnyOf, Permission
from wsrouter.routing.presence import Presence
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
        events=tuple(_events(declared)),
        groups=tuple(map(_group, declared.group_rules.rules)),
        library=tuple(_library(declared)),
    )


def _events(declared: Table) -> Iterator[EventSpec]:
    patterns = {each.event.name: each.pattern.text for each in declared.presences}
    for mounted in declared.events:
        yield _event(mounted, patterns.get(mounted.event.name, ""))


def _event(mounted: MountedEvent, groups: str) -> EventSpec:
    event = mounted.event
    return EventSpec(
        name=event.name,
        model=event.model,
        summary=event.summary,
        tags=tuple(dict.fromkeys(mounted.tags)),
        keep=event.keep,
        groups=groups,
    )


def _library(declared: Table) -> Iterator[RouteSpec]:
    """The library's routes; what clients may join is in the payload's schema."""
    rules = declared.group_rules.of_clients
    for key, placed in declared.library.items():
        route = _route(key, placed.route)
        if key in (JOIN, LEAVE):
            route = replace(route, payload=group_names(rules))
        if key == JOIN and (listed := _listed(declared)):
            route = replace(route, reply=groups_with_presence(listed))
        if key == JOIN and any(rule.throttle for rule in rules):
            route = replace(route, library_codes=(*route.library_codes, "throttled"))
        yield _ping(route) if key == PING else route


def _ping(route: RouteSpec) -> RouteSpec:
    """With `since` it asks for streams, for which the connection is looked up."""
    codes = ("not_authenticated", "connection_unknown", "throttled")
    return replace(
        route,
        tells_streams=True,
        library_codes=(*route.library_codes, *codes),
        errors=(),
    )


def _listed(declared: Table) -> list[Presence[Any]]:
    """Those of groups that clients join by themselves."""
    rules = declared.group_rules.of_clients
    return [
        presence
        for presence in declared.presences
        if any(presence.pattern.clashes_with(rule.pattern) for rule in rules)
    ]


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
        reply=_reply(signature.returns),
        answers_raw=signature.returns is Raw,
        permissions=tuple(map(_permission_name, route.permissions)),
        needs_login=route.needs_login,
        needs_connection=route.needs_connection,
        takes_text=signature.takes(ParameterKind.TEXT),
        tells_streams=signature.takes(ParameterKind.CONNECTION) and key != LEAVE,
        throttle=route.throttle,
        library_codes=library_codes(route),
        errors=None if route.errors is None else tuple(_errors(route.errors)),
        place=_place(route.function),
    )


def _reply(returns: Any) -> Any:
    """What is in the envelope of a reply: a Raw is in none."""
    if returns is Raw:
        return ...
    if Raw not in get_args(returns):
        return returns
    return Union[tuple(kind for kind in get_args(returns) if kind is not Raw)]  # noqa: UP007  # built of values


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


def _permission_name(permission: Permission) -> str:
    if isinstance(permission, AnyOf):
        return " or ".join(map(_permission_name, permission.permissions))
    return permission if isinstance(permission, str) else _dotted_name(permission)


def _place(function: Callable[..., Any]) -> str:
    code = getattr(unwrapped(function), "__code__", None)
    return f"{code.co_filename}:{code.co_firstlineno}" if code else ""
