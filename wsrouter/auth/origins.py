"""The origins of pages from which browsers may open sockets."""

from django.conf import settings

from wsrouter.auth import security_log
from wsrouter.options.gateway import Gateway
from wsrouter.wire.origin import Origins

_DEBUG_HOSTS = (".localhost", "127.0.0.1", "[::1]")
"""Django allows these hosts when DEBUG is on and ALLOWED_HOSTS is empty."""
_LOGGED_CHARACTERS = 200
of_live_servers: set[str] = set()
"""Those of the servers that tests have started; empty in production."""


def is_allowed(origin: str, gateway: Gateway, *, own_host: str = "") -> bool:
    """Whether a handshake with this Origin header is accepted. Without one it does not
    come from a browser, and is. `own_host` is the host that the client has connected
    to. Some clients that are no browsers send it as their origin, and API Gateway
    serves no page there (AWS: "Custom domain names for WebSocket APIs in API Gateway":
    such a domain takes WebSocket APIs only)."""
    if not origin or origin in of_live_servers:
        return True
    if allowed_origins(gateway, own_host=own_host).allow(origin):
        return True
    security_log.warn(
        "Gateway %r: a handshake from the origin %r was refused; see ALLOWED_ORIGINS.",
        gateway.alias,
        origin[:_LOGGED_CHARACTERS],
    )
    return False


def allowed_origins(gateway: Gateway, *, own_host: str = "") -> Origins:
    """The socket's own host, and ALLOWED_ORIGINS of the gateway; without that setting,
    what CSRF_TRUSTED_ORIGINS and ALLOWED_HOSTS allow."""
    if gateway.allowed_origins is not None:
        return Origins(
            entries=gateway.allowed_origins,
            own_host=own_host,
            lenient=settings.DEBUG,
        )
    hosts = tuple(host for host in settings.ALLOWED_HOSTS if host != "*")
    if settings.DEBUG and not hosts:
        hosts = _DEBUG_HOSTS
    if gateway.domain:
        hosts += (gateway.domain.name,)
    return Origins(
        entries=tuple(settings.CSRF_TRUSTED_ORIGINS),
        hosts=hosts,
        own_host=own_host,
        lenient=settings.DEBUG,
    )
