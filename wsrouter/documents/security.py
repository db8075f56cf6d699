"""How a client says who it is: with the handshake."""

from typing import Any

from wsrouter.documents.names import identifier
from wsrouter.options.gateway import Gateway

_SOURCES = {"header": "header", "querystring": "query"}
_PREFIX = "route.request."


def schemes(gateway: Gateway, session_cookie: str) -> dict[str, Any]:
    """The security schemes by name. Each of the authorizer's sources is one."""
    found = {
        "session": {
            "type": "httpApiKey",
            "in": "cookie",
            "name": session_cookie,
            "description": "The cookie of Django's session, where the socket has a"
            " domain that the cookie reaches.",
        },
        "ticket": {
            "type": "httpApiKey",
            "in": "query",
            "name": "ticket",
            "description": "A ticket from `ws/ticket/`. It works once, and for"
            f" {gateway.tickets.seconds} seconds.",
        },
    }
    for place, name in _identity(gateway):
        found[authorizer_scheme(place, name)] = {
            "type": "httpApiKey",
            "in": place,
            "name": name,
            "description": "Read by the authorizer, without which API Gateway answers"
            " a handshake with 401.",
        }
    return found


def needed(gateway: Gateway) -> list[str]:
    """The schemes without which there is no connection: those of the authorizer."""
    return [authorizer_scheme(place, name) for place, name in _identity(gateway)]


def query_parameters(gateway: Gateway) -> dict[str, Any]:
    """The schemas of what the URL of a handshake may have."""
    ticket = {"type": "string", "description": "Instead of the session's cookie."}
    found: dict[str, Any] = {"ticket": ticket}
    for place, name in _identity(gateway):
        if place == "query":
            found[name] = {"type": "string", "description": "For the authorizer."}
    return found


def authorizer_scheme(place: str, name: str) -> str:
    return identifier(f"authorizer.{place}", name)


def _identity(gateway: Gateway) -> list[tuple[str, str]]:
    """The place (`header` or `query`) and the name of each of the authorizer's sources
    that a client sends."""
    sources = gateway.authorizer.identity if gateway.authorizer else ()
    found = []
    for source in sources:
        place, _, name = source.removeprefix(_PREFIX).partition(".")
        if source.startswith(_PREFIX) and place in _SOURCES:
            found.append((_SOURCES[place], name))
    return found
