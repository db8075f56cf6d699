"""A router tree flattened: every route with the middleware and the exception handlers
that apply to it."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Literal

from wsrouter.routing import library_routes
from wsrouter.routing.event import Event
from wsrouter.routing.group_rule import GroupRule
from wsrouter.routing.group_rules import GroupRules
from wsrouter.routing.middleware import Middleware
from wsrouter.routing.permission import Permission
from wsrouter.routing.presence import Presence
from wsrouter.routing.route import Hook, Route
from wsrouter.routing.router import Include, Router

ExceptionHandlers = Mapping[type[Exception], Hook]


@dataclass(frozen=True, kw_only=True, slots=True)
class Inherited:
    """What a handler inherits from the routers around it; the nearest router's
    exception handlers come first, the outermost router's middleware."""

    prefix: str = ""
    tags: tuple[str, ...] = ()
    login_required: bool = False
    permissions: tuple[Permission, ...] = ()
    middlewares: tuple[Middleware, ...] = ()
    exceptions: tuple[ExceptionHandlers, ...] = ()

    def inside(self, router: Router, prefix: str = "") -> "Inherited":
        return Inherited(
            prefix=self.prefix + prefix,
            tags=self.tags + router.tags,
            login_required=self.login_required or router.login_required,
            permissions=self.permissions + router.permissions,
            middlewares=self.middlewares + tuple(router.middlewares),
            exceptions=(router.exception_handlers, *self.exceptions),
        )


@dataclass(frozen=True, kw_only=True, slots=True)
class MountedRoute:
    """A route with its full key, and what it inherits from the routers around it."""

    route: Route
    middlewares: tuple[Middleware, ...] = ()
    exceptions: tuple[ExceptionHandlers, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class MountedEvent:
    """An event with its own tags and those of the routers around it."""

    event: Event[object]
    tags: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class Stack:
    """The `connect` or `disconnect` handlers of a router and the ones it includes, in
    the order in which they were declared."""

    members: "tuple[Hook | Stack, ...]"
    middlewares: tuple[Middleware, ...] = ()
    exceptions: tuple[ExceptionHandlers, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class Table:
    """Everything a root router registers, by full route key, and the library's own
    routes with the middleware of the root."""

    routes: Mapping[str, MountedRoute]
    library: Mapping[str, MountedRoute]
    group_rules: GroupRules
    default: MountedRoute | None
    connects: Stack
    disconnects: Stack
    events: tuple[MountedEvent, ...]
    presences: tuple[Presence[object], ...]

    @property
    def keeps_events(self) -> bool:
        """Whether any event is kept, so that groups and users have streams."""
        return any(mounted.event.keep for mounted in self.events)


def table(root: Router) -> Table:
    """The table of what `root` registers now."""
    inherited = Inherited().inside(root)
    rules = GroupRules(tuple(_group_rules(root, inherited)))
    return Table(
        routes={found.route.key: found for found in _routes(root, inherited)},
        library={
            key: MountedRoute(
                route=route,
                middlewares=inherited.middlewares,
                exceptions=inherited.exceptions,
            )
            for key, route in library_routes.routes(rules).items()
        },
        group_rules=rules,
        default=next(_defaults(root, inherited), None),
        connects=_stack(root, "connects"),
        disconnects=_stack(root, "disconnects"),
        events=tuple(_events(root, inherited)),
        presences=tuple(_presences(root)),
    )


def _routes(router: Router, inherited: Inherited) -> Iterator[MountedRoute]:
    for route in router.routes:
        yield _mounted(route, inherited.prefix + route.key, inherited)
    for include in router.includes:
        inner = inherited.inside(include.router, include.prefix)
        yield from _routes(include.router, inner)


def _defaults(router: Router, inherited: Inherited) -> Iterator[MountedRoute]:
    for route in router.defaults:
        yield _mounted(route, route.key, inherited)
    for include in router.includes:
        yield from _defaults(include.router, inherited.inside(include.router))


def _mounted(route: Route, key: str, inherited: Inherited) -> MountedRoute:
    return MountedRoute(
        route=replace(
            route,
            key=key,
            tags=inherited.tags + route.tags,
            login_required=inherited.login_required or route.login_required,
            permissions=inherited.permissions + route.permissions,
        ),
        middlewares=inherited.middlewares,
        exceptions=inherited.exceptions,
    )


def _group_rules(router: Router, inherited: Inherited) -> Iterator[GroupRule]:
    for rule in router.groups:
        yield replace(
            rule,
            login_required=inherited.login_required,
            permissions=inherited.permissions,
        )
    for include in router.includes:
        yield from _group_rules(include.router, inherited.inside(include.router))


def _stack(
    router: Router,
    kind: Literal["connects", "disconnects"],
    outer: tuple[ExceptionHandlers, ...] = (),
) -> Stack:
    exceptions = (router.exception_handlers, *outer)
    members: list[Hook | Stack] = []
    for entry in getattr(router, kind):
        if isinstance(entry, Include):
            inner = _stack(entry.router, kind, exceptions)
            members += [inner] if inner.members else []
        else:
            members.append(entry)
    return Stack(
        members=tuple(members),
        middlewares=tuple(router.middlewares),
        exceptions=exceptions,
    )


def _events(router: Router, inherited: Inherited) -> Iterator[MountedEvent]:
    for event in (*router.events, *(each.event for each in router.presences)):
        yield MountedEvent(event=event, tags=inherited.tags + event.tags)
    for include in router.includes:
        yield from _events(include.router, inherited.inside(include.router))


def _presences(router: Router) -> Iterator[Presence[object]]:
    yield from router.presences
    for include in router.includes:
        yield from _presences(include.router)
