"""Routes and events as rows: plain data for programs, with lines for people."""

from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

from wsrouter.catalog.routes import ApiSpec, EventSpec, GroupSpec, RouteSpec
from wsrouter.documents.field_lines import field_lines
from wsrouter.documents.schemas import Schemas, Use, schemas
from wsrouter.routing.adapter import spelled
from wsrouter.routing.throttle import Rate

Row = dict[str, Any]
SCHEMA = "_schema"
"""Ends the names of what is for programs."""
FIELDS = "_fields"
"""Ends the names of lines for people."""


def listing(spec: ApiSpec) -> dict[str, Any]:
    """`routes` (hooks first), `events` and `groups`, in the order of registration, and
    the `schemas` to which their schemas refer."""
    found = schemas(spec)
    return {
        "routes": [_route(route, found) for route in (*spec.hooks, *spec.routes)],
        "events": [_event(event, found) for event in spec.events],
        "groups": list(map(_group, spec.groups)),
        "schemas": found.components,
    }


def _route(route: RouteSpec, found: Schemas) -> Row:
    declared = [error.code for error in route.errors or ()]
    return {
        "key": route.key,
        "handler": route.handler,
        "place": route.place,
        "payload": "text" if route.takes_text else _type_name(route.payload),
        **_described("payload", Use("payload", route.key), found),
        "reply": _type_name(route.reply),
        **_described("reply", Use("reply", route.key), found),
        "permissions": list(route.permissions),
        "login": "required" if route.needs_login else "",
        "throttle": _spelled_rate(route.throttle) if route.throttle else "",
        "errors": declared,
        "tags": list(route.tags),
        "summary": route.summary,
    }


def _event(event: EventSpec, found: Schemas) -> Row:
    return {
        "name": event.name,
        "payload": _type_name(event.model),
        **_described("payload", Use("event", event.name), found),
        "keep": event.keep and asdict(event.keep),
        "groups": event.groups,
        "tags": list(event.tags),
        "summary": event.summary,
    }


def _group(group: GroupSpec) -> Row:
    return {
        "pattern": group.pattern,
        "handler": group.handler,
        "place": group.place,
        "parameters": [
            f"{name}: {spelled(kind)}" for name, kind in group.parameters.items()
        ],
        "clients": "may join" if group.client_may_join else "",
        "permissions": list(group.permissions),
        "login": "required" if group.needs_login else "",
        "throttle": _spelled_rate(group.throttle) if group.throttle else "",
    }


def _described(name: str, use: Use, found: Schemas) -> dict[str, Any]:
    return dict(_parts(name, use, found))


def _parts(name: str, use: Use, found: Schemas) -> Iterator[tuple[str, Any]]:
    if use in found.by_use:
        schema = found.by_use[use]
        yield f"{name}{SCHEMA}", schema
        yield f"{name}{FIELDS}", field_lines(schema, found.components)


def _type_name(kind: Any) -> str:
    return "" if kind is ... or kind is type(None) else spelled(kind)


def _spelled_rate(rate: Rate) -> str:
    return f"{rate.limit} in {rate.seconds} s per {rate.scope}"
