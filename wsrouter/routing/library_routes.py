"""The routes that every gateway has without a declaration."""

from collections.abc import Mapping
from typing import Any

from wsrouter.routing.declared_names import LIBRARY_PREFIX
from wsrouter.routing.route import Route, route

PING = f"{LIBRARY_PREFIX}ping"


def ping() -> dict[str, Any]:
    """Answer `{}`, so that a client knows that the connection is alive. Uses no
    database."""
    return {}


ROUTES: Mapping[str, Route] = {PING: route(PING, ping)}
"""By their full keys. They reach the endpoint by `$default`, and are published only
where that is not."""
