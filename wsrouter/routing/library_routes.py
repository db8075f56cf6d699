"""The routes that a gateway has without a declaration."""

from collections.abc import Mapping
from typing import Any

from wsrouter.routing import client_groups
from wsrouter.routing.declared_names import LIBRARY_PREFIX
from wsrouter.routing.group_rules import GroupRules
from wsrouter.routing.route import Route, route

PING = f"{LIBRARY_PREFIX}ping"
JOIN = f"{LIBRARY_PREFIX}join"
LEAVE = f"{LIBRARY_PREFIX}leave"


def ping() -> dict[str, Any]:
    """Answer `{}`, so that a client knows that the connection is alive.

    Where events are kept, `since` asks for all streams of the connection and of its
    user; `{}` will do. Without it, no database is used.
    """
    return {}


_REFUSED = ("permission_denied", client_groups.RefusedGroup)
_ALWAYS: Mapping[str, Route] = {PING: route(PING, ping)}
_FOR_GROUPS: Mapping[str, Route] = {
    JOIN: route(JOIN, client_groups.join),
    LEAVE: route(LEAVE, client_groups.leave, errors=[_REFUSED]),
}
KEYS = frozenset({*_ALWAYS, *_FOR_GROUPS})


def routes(rules: GroupRules) -> Mapping[str, Route]:
    """By their full keys. They reach the endpoint by `$default`, and are published only
    where that is not. Without a group that clients join, there is nothing to join."""
    return {**_ALWAYS, **_FOR_GROUPS} if rules.of_clients else _ALWAYS
