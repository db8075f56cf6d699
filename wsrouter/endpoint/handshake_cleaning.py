"""Takes out of a handshake what its client could have forged, and what logs, error
mails and debug pages must not show.

API Gateway passes the client's headers and query string at `$connect`. The request is
changed in place, before any middleware reads it, so that nothing refers to the original
values any more.
"""

from collections.abc import MutableMapping
from functools import lru_cache
from typing import Any, NamedTuple
from urllib.parse import unquote_plus

from django.core.exceptions import ImproperlyConfigured
from django.http import HttpRequest

from wsrouter import conf
from wsrouter.auth.authentication import TICKET_PARAMETER
from wsrouter.auth.ticket_store import TicketDigest, digest_of
from wsrouter.endpoint import scope_headers
from wsrouter.errors import UnverifiedRequest
from wsrouter.setting_caches import cleared_by
from wsrouter.wire import decode, mapping
from wsrouter.wire.decode import Environ
from wsrouter.wire.mapping import HEADERS, environ_key
from wsrouter.wiring import incoming

MASK = "masked"
_TICKETS = "wsrouter.tickets"
"""Where environ and scope have the digests of the tickets that were masked. No client
can set it: its headers have names of another form."""
_EVENT_TYPE = HEADERS["Event-Type"].environ_key
_PREFIX = environ_key(mapping.PREFIX)
_MASKED_CHARACTERS = 16
"""From this length on, a ticket is masked in other values than the query string: some
servers and proxies repeat that."""


class MaskedQuery(NamedTuple):
    """A query string without its `tickets`. `hidden` are their texts as they were sent
    and as they are meant, where these are masked in other values as well."""

    query: str
    tickets: list[str]
    hidden: list[str]

    @property
    def digests(self) -> list[TicketDigest]:
        return [digest_of(ticket) for ticket in self.tickets]

    def mask(self, value: str) -> str:
        for text in self.hidden:
            value = value.replace(text, MASK)
        return value


def is_handshake(environ: Environ) -> bool:
    """Whether a request says that it is a `$connect`."""
    return environ.get(_EVENT_TYPE) == "CONNECT"


def clean_environ(environ: MutableMapping[str, Any]) -> None:
    """Clean the environ of a WSGI request. Does nothing the second time."""
    if _TICKETS in environ:
        return
    if (trusted := _trusted_values(environ)) is not None:
        for key in [key for key in environ if key.startswith(_PREFIX)]:
            del environ[key]
        environ.update(trusted)
    masked = masked_query(environ.get("QUERY_STRING", ""))
    if masked.tickets:
        for key, value in environ.items():
            if isinstance(value, str):
                environ[key] = masked.mask(value)
        environ["QUERY_STRING"] = masked.query
    environ[_TICKETS] = masked.digests


def clean_scope(scope: MutableMapping[str, Any]) -> None:
    """Clean the scope of an ASGI request. Does nothing the second time."""
    if _TICKETS in scope:
        return
    query = scope.get("query_string", b"")
    masked = masked_query(query if isinstance(query, str) else query.decode("latin1"))
    scope["query_string"] = masked.query.encode("latin1")
    trusted = _trusted_values(scope_headers.environ(scope))
    scope["headers"] = [
        (name, masked.mask(value.decode("latin1")).encode("latin1"))
        for name, value in scope["headers"]
        if trusted is None or not scope_headers.wsgi_name(name).startswith(_PREFIX)
    ]
    for key, value in (trusted or {}).items():
        name = key.removeprefix("HTTP_").replace("_", "-").lower()
        scope["headers"].append((name.encode("latin1"), value.encode("latin1")))
    scope[_TICKETS] = masked.digests


def clean_request(request: HttpRequest) -> None:
    """Clean a request that was made already, and let its GET have the digests of the
    tickets instead of their texts."""
    place: MutableMapping[str, Any] = request.META
    clean_environ(place)
    if scope := getattr(request, "scope", None):
        clean_scope(scope)
        place = scope
    for cached in ("headers", "GET"):
        vars(request).pop(cached, None)
    if place[_TICKETS]:
        query = request.GET.copy()
        query.setlist(TICKET_PARAMETER, place[_TICKETS])
        query._mutable = False
        request.GET = query  # type: ignore[assignment]


def masked_query(query: str) -> MaskedQuery:
    """Mask every ticket of a query string."""
    tickets: list[str] = []
    hidden: list[str] = []
    pieces = query.split("&")
    for place, piece in enumerate(pieces):
        name, _, value = piece.partition("=")
        if unquote_plus(name) == TICKET_PARAMETER:
            tickets.append(unquote_plus(value))
            if len(value) >= _MASKED_CHARACTERS:
                hidden += [value, tickets[-1]]
            pieces[place] = f"{name}={MASK}"
    return MaskedQuery("&".join(pieces), tickets, hidden)


def _trusted_values(environ: Environ) -> dict[str, Any] | None:
    """The mapped headers that are not the client's; None for a request that does not
    come from a gateway, or whose gateway is not configured soundly."""
    try:
        alias = decode.verified_alias(environ, incoming.accepted_secrets)
        names = _trusted_names(alias)
    except (UnverifiedRequest, ImproperlyConfigured):
        return None
    return {name: environ[source] for name, source in names if source in environ}


@cleared_by("WSROUTER", "DEBUG")
@lru_cache(maxsize=64)
def _trusted_names(alias: str) -> list[tuple[str, str]]:
    gateway = conf.gateway(alias)
    trusted = mapping.trusted_at_connect(
        gateway.headers, authorized=gateway.authorizer is not None
    )
    return [
        (environ_key(mapping.PREFIX + name), environ_key(mapping.PREFIX + source))
        for name, source in trusted.items()
    ]
