"""Which pages a browser may open sockets from."""

from django.conf import settings

from wsrouter.auth import security_log
from wsrouter.options.gateway import Gateway
from wsrouter.wire.origin import Origins

_LOCAL = (".localhost", "127.0.0.1", "[::1]")
"""What Django takes ALLOWED_HOSTS for in DEBUG while it is empty."""
_SHOWN = 200


def is_allowed(origin: str, gateway: Gateway) -> bool:
    """Whether a handshake with this Origin header may go on; without one it comes from
    no browser."""
    if not origin or allowed(gateway).allow(origin):
        return True
    security_log.warn(
        "Gateway %r: a handshake from the origin %r was refused; see ALLOWED_ORIGINS.",
        gateway.alias,
        origin[:_SHOWN],
    )
    return False


def allowed(gateway: Gateway) -> Origins:
    """ALLOWED_ORIGINS, or else what Django's own settings trust."""
    if gateway.allowed_origins is not None:
        return Origins(entries=gateway.allowed_origins)
    hosts = tuple(each for each in settings.ALLOWED_HOSTS if each != "*")
    if settings.DEBUG and not hosts:
        hosts = _LOCAL
    if gateway.domain:
        hosts += (gateway.domain.name,)
    return Origins(
        entries=tuple(settings.CSRF_TRUSTED_ORIGINS),
        hosts=hosts,
        lenient=settings.DEBUG,
    )
