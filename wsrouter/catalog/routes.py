"""A router's routes and events as plain data, from which documents and AWS resources
are made."""

from dataclasses import dataclass
from typing import Any

NO_PAYLOAD = ...
"""The `payload` of a route without a payload."""


@dataclass(frozen=True, kw_only=True, slots=True)
class RouteSpec:
    """One registered message route. `handler` is the function's dotted name and `place`
    its `file:line`; `payload` and `reply` are the annotated types.
    `needs_login`: anonymous users are refused, whatever its permissions say."""

    key: str
    handler: str
    summary: str = ""
    tags: tuple[str, ...] = ()
    payload: Any = NO_PAYLOAD
    is_optional: bool = False
    reply: Any = ...
    permissions: tuple[str, ...] = ()
    needs_login: bool = False
    place: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class EventSpec:
    """One declared outbound event."""

    name: str
    tags: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class ApiSpec:
    """What a root router registers, in the order of registration.

    `hooks` are the `connect`, `disconnect` and `default` handlers, with the keys
    `$connect`, `$disconnect` and `$default`.
    """

    routes: tuple[RouteSpec, ...] = ()
    hooks: tuple[RouteSpec, ...] = ()
    events: tuple[EventSpec, ...] = ()
