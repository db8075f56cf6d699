"""Declares handlers and events; every mistake is an error at import."""

import sys
from collections.abc import Awaitable, Callable, Iterator, Sequence
from typing import Any, TypeVar

from wsrouter.errors import DeclarationError
from wsrouter.routing import declared_names
from wsrouter.routing import route as routes
from wsrouter.routing.declared_errors import ErrorDeclaration
from wsrouter.routing.decorator_mistakes import (
    check_exception,
    refuse_function,
    without_parentheses,
)
from wsrouter.routing.event import Event
from wsrouter.routing.group_rule import GroupRule, group_rule
from wsrouter.routing.group_rules import refuse_clashes
from wsrouter.routing.keep import Keep, checked_keep
from wsrouter.routing.middleware import Middleware
from wsrouter.routing.permission import Permission, checked_permissions
from wsrouter.routing.presence import MembersOf, Presence
from wsrouter.routing.route import Hook, Route
from wsrouter.routing.signature import describe

F = TypeVar("F", bound=Callable[..., Any])
R = TypeVar("R", bound=Callable[..., bool | Awaitable[bool]])
T = TypeVar("T")
DEFAULT_KEY = "$default"


class Include:
    """Another router in its place, with the prefix of its route keys."""

    def __init__(self, router: "Router", prefix: str) -> None:
        self.router = router
        self.prefix = prefix


class Router:
    """A set of handlers and events. A decorator records the function and returns it
    unchanged. `tags`, `login_required` and `permissions` hold for every route in it,
    `tags` for its events too."""

    def __init__(
        self,
        *,
        tags: Sequence[str] = (),
        login_required: bool = False,
        permissions: Sequence[Permission] = (),
    ) -> None:
        self.tags = routes.strings(tags)
        self.login_required = login_required
        self.permissions = checked_permissions(permissions, name="Router()")
        self.routes: list[Route] = []
        self.defaults: list[Route] = []
        self.events: list[Event[Any]] = []
        self.groups: list[GroupRule] = []
        self.presences: list[Presence[Any]] = []
        self.connects: list[Hook | Include] = []
        self.disconnects: list[Hook | Include] = []
        self.middlewares: list[Middleware] = []
        self.exception_handlers: dict[type[Exception], Hook] = {}
        self.includes: list[Include] = []
        self._parents: list[Router] = []

    def route(
        self,
        key: str,
        *,
        permissions: Sequence[Permission] = (),
        login_required: bool = False,
        throttle: str | None = None,
        tags: Sequence[str] = (),
        summary: str = "",
        errors: Sequence[ErrorDeclaration] | None = None,
    ) -> Callable[[F], F]:
        """Handle the messages that name this route key.

        `permissions` are Django permissions or functions of the connection, `throttle`
        is of the form "20/m" or "100/h per user". `errors` are the codes that the
        handler may raise, `"sold_out"` or `("limit", LimitDetail)`. Raises
        DeclarationError.
        """
        refuse_function(key, "route('<key>')")

        def register(function: F) -> F:
            declared_names.check_key(key, describe(function))
            route = routes.route(
                key,
                function,
                permissions=permissions,
                login_required=login_required,
                throttle=throttle,
                tags=tags,
                summary=summary,
                errors=errors,
            )
            self._add(self.routes, route)
            return function

        return register

    @without_parentheses
    def default(self, function: F) -> F:
        """Handle the messages that name no registered route; one in a whole API.

        A `str` parameter is the raw text, also of a frame that is not JSON.
        """
        route = routes.route(DEFAULT_KEY, function, allowed=routes.DEFAULT_PARAMETERS)
        self._add(self.defaults, route)
        return function

    @without_parentheses
    def connect(self, function: F) -> F:
        """Run before a handshake is accepted; raise Reject to refuse it."""
        self.connects.append(routes.hook(function, routes.CONNECT_PARAMETERS))
        return function

    @without_parentheses
    def disconnect(self, function: F) -> F:
        """Run after a connection has ended, at most once for each."""
        self.disconnects.append(routes.hook(function, routes.DISCONNECT_PARAMETERS))
        return function

    def event(
        self,
        name: str,
        model: type[T],
        *,
        tags: Sequence[str] = (),
        summary: str = "",
        keep: Keep | None = None,
    ) -> Event[T]:
        """Declare an outbound message. With `keep`, clients that reconnect get what
        they missed. Raises DeclarationError for a reserved name."""
        place = declared_names.place_of(sys._getframe(1))
        declared_names.check_event(name, place)
        event = Event(
            name,
            model,
            tags=routes.strings(tags),
            summary=summary,
            declared_at=place,
            keep=checked_keep(keep, f"Event {name!r} ({place})"),
        )
        self._add(self.events, event)
        return event

    def group(
        self,
        pattern: str,
        *,
        client_may_join: bool = False,
        throttle: str | None = None,
    ) -> Callable[[R], R]:
        """Say who may be in the groups whose names match `pattern`, such as
        `"order:{order_id}"`: `connection.join` asks the function, which takes the
        pattern's parameters, and the Connection where it is annotated.

        False refuses. `client_may_join` lets clients join and leave by themselves, with
        `wsrouter.join` and `wsrouter.leave`; `throttle` limits how often. Raises
        DeclarationError.
        """
        refuse_function(pattern, "group('<pattern>')")

        def register(function: R) -> R:
            rule = group_rule(
                pattern,
                function,
                client_may_join=client_may_join,
                throttle=throttle,
            )
            self._add(self.groups, rule)
            return function

        return register

    def presence(
        self,
        name: str,
        model: type[T],
        *,
        of: MembersOf[T],
        groups: str,
        tags: Sequence[str] = (),
        summary: str = "",
        keep: Keep | None = None,
    ) -> Presence[T]:
        """Tell the groups of a pattern who comes and goes, by an event of this name:
        `of` makes members, which others see, out of users. The result lists who is in a
        group. Raises DeclarationError."""
        place = declared_names.place_of(sys._getframe(1))
        declared_names.check_event(name, place)
        presence = Presence(
            name,
            model,
            of=of,
            groups=groups,
            tags=routes.strings(tags),
            summary=summary,
            declared_at=place,
            keep=checked_keep(keep, f"Presence {name!r} ({place})"),
        )
        self._add(self.presences, presence)
        return presence

    @without_parentheses
    def middleware(self, function: F) -> F:
        """Wrap every frame: `def middleware(frame, call_next)`, or `async def`.

        It returns the outcome that `call_next(frame)` returned, or one of its own.
        """
        self.middlewares.append(Middleware.of(function))
        return function

    def exception_handler(self, kind: type[Exception]) -> Callable[[F], F]:
        """Answer an exception: the function takes it and returns a MessageError (in
        `connect`, a Reject)."""
        check_exception(kind)

        def register(function: F) -> F:
            if kind in self.exception_handlers:
                raise DeclarationError(
                    f"{describe(function)}: {kind.__name__} is handled already by"
                    f" {self.exception_handlers[kind].signature.name}."
                )
            self.exception_handlers[kind] = routes.hook(
                function, routes.ERROR_PARAMETERS
            )
            return function

        return register

    def include(self, router: "Router", prefix: str = "") -> None:
        """Add all of another router, also what it declares later.

        `prefix` is put before its route keys, not before event names.
        """
        if not isinstance(router, Router):
            raise DeclarationError(f"include() takes a Router, not {router!r}.")
        if any(inner is self for inner, _ in _tree(router)):
            raise DeclarationError("A router cannot include itself.")
        if prefix:
            declared_names.check_key(prefix, f"include(prefix={prefix!r})")
        include = Include(router, prefix)
        router._parents.append(self)
        try:
            self._add(self.includes, include)
        except DeclarationError:
            router._parents.remove(self)
            raise
        self.connects.append(include)
        self.disconnects.append(include)

    def _add(self, declared: list[Any], new: Any) -> None:
        declared.append(new)
        try:
            for root in self._roots():
                _refuse_clashes(root, new)
        except DeclarationError:
            declared.pop()
            raise

    def _roots(self) -> "list[Router]":
        if not self._parents:
            return [self]
        return [root for parent in self._parents for root in parent._roots()]


def _tree(router: Router, prefix: str = "") -> Iterator[tuple[Router, str]]:
    """A router and all that it includes, at any depth, with the prefix of its keys."""
    yield router, prefix
    for include in router.includes:
        yield from _tree(include.router, prefix + include.prefix)


def _refuse_clashes(root: Router, new: object) -> None:
    """A key, an event name and the default handler may be declared once in a tree, and
    no name may match two patterns."""
    tree = list(_tree(root))
    declared_names.refuse_twice(
        each for router, prefix in tree for each in _declarations(router, prefix)
    )
    if isinstance(new, GroupRule | Presence | Include):
        refuse_clashes(rule for router, _ in tree for rule in router.groups)
        refuse_clashes(each for router, _ in tree for each in router.presences)


def _declarations(router: Router, prefix: str) -> list[tuple[str, str]]:
    """What may be declared once, and where it is."""
    found = [("The default handler", r.signature.name) for r in router.defaults]
    for event in (*router.events, *(each.event for each in router.presences)):
        where = f"{event.model!r} ({event.declared_at})"
        found.append((f"Event {event.name!r}", where))
    for route in router.routes:
        key, where = prefix + route.key, route.signature.name
        declared_names.check_not_reserved(key, where)
        found.append((f"Route {key!r}", where))
    return found
