"""A router's routes and events as plain data, from which documents and AWS resources
are made."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from wsrouter.routing.keep import Keep
from wsrouter.routing.throttle import Rate

NO_PAYLOAD = ...
"""The `payload` of a route without a payload."""


@dataclass(frozen=True, kw_only=True, slots=True)
class ErrorSpec:
    """An error code that a route can answer, with the model of its detail or None."""

    code: str
    detail: Any = None


@dataclass(frozen=True, kw_only=True, slots=True)
class RouteSpec:
    """One registered message route. `handler` is the function's dotted name and `place`
    its `file:line`; `payload` and `reply` are the annotated types.
    `needs_login`: anonymous users are refused, whatever its permissions say.
    `takes_text`: the handler gets the frame as it is, which need not be JSON;
    `answers_raw`: its reply is a text in no envelope.
    `tells_streams`: its reply may have the streams of groups that it has joined.

    `library_codes` are the error codes with which wsrouter itself answers, by what the
    route asks for; `errors` are those that it declares, None when it declares none and
    may answer any code.
    """

    key: str
    handler: str
    summary: str = ""
    description: str = ""
    tags: tuple[str, ...] = ()
    payload: Any = NO_PAYLOAD
    is_optional: bool = False
    reply: Any = ...
    permissions: tuple[str, ...] = ()
    needs_login: bool = False
    needs_connection: bool = False
    takes_text: bool = False
    answers_raw: bool = False
    tells_streams: bool = False
    throttle: Rate | None = None
    library_codes: tuple[str, ...] = ()
    errors: tuple[ErrorSpec, ...] | None = None
    place: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class EventSpec:
    """One declared outbound event. `model` is the type of its payload, `keep` how much
    of it is kept for clients that come back. That of a presence goes to the `groups` of
    a pattern."""

    name: str
    model: Any = ...
    summary: str = ""
    tags: tuple[str, ...] = ()
    keep: Keep | None = None
    groups: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class GroupSpec:
    """A group rule. `pattern` is that of the groups' names, `parameters` have the types
    of what is in it, `handler` is the rule's dotted name and `place` its `file:line`.
    The rest is what is asked of clients that join by themselves.
    """

    pattern: str
    handler: str
    parameters: Mapping[str, Any] = field(default_factory=dict)
    place: str = ""
    client_may_join: bool = False
    needs_login: bool = False
    permissions: tuple[str, ...] = ()
    throttle: Rate | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class ApiSpec:
    """What a root router registers, in the order of registration.

    `hooks` are the `connect`, `disconnect` and `default` handlers, with the keys
    `$connect`, `$disconnect` and `$default`. `library` are the routes that wsrouter
    answers itself.
    """

    routes: tuple[RouteSpec, ...] = ()
    hooks: tuple[RouteSpec, ...] = ()
    events: tuple[EventSpec, ...] = ()
    groups: tuple[GroupSpec, ...] = ()
    library: tuple[RouteSpec, ...] = ()

    @property
    def keeps_events(self) -> bool:
        """Whether clients can ask for events that they have missed."""
        return any(event.keep for event in self.events)
