"""Logs why a request was refused; the client is not told."""

from wsrouter import conf
from wsrouter.auth import security_log
from wsrouter.errors import InvalidHeaders
from wsrouter.wire import mapping, secret
from wsrouter.wire.decode import Environ
from wsrouter.wire.mapping import environ_key

_SECRET, _GATEWAY = environ_key(mapping.SECRET), environ_key(mapping.GATEWAY)
_SHOWN_CHARACTERS = 64


def log_invalid_headers(error: InvalidHeaders) -> None:
    """The message of the error names the header and never contains its value."""
    security_log.warn("A request was answered 400: %s", str(error))


def log_unverified(environ: Environ) -> None:
    """Log what is missing. No secret, right or wrong, is logged."""
    alias = str(environ.get(_GATEWAY, ""))
    gateway = conf.gateways().get(alias)
    if _SECRET not in environ:
        security_log.warn(
            "A request was refused: it has no %s. It does not come from API Gateway, or"
            " `ws_sync` has not published this mapping.",
            mapping.SECRET,
        )
    elif gateway is None:
        security_log.warn(
            "A request was refused: WSROUTER has no gateway %r, only: %s.",
            alias[:_SHOWN_CHARACTERS],
            ", ".join(conf.gateways()),
        )
    elif not conf.accepted_secrets(alias):
        security_log.warn(
            "Gateway %r refuses everything: it has no strong SECRET, of %d characters"
            " or more.",
            alias,
            secret.STRONG_CHARACTERS,
        )
    else:
        security_log.warn(
            "Gateway %r: a request was refused: its %s is none of the SECRETs that"
            " count.",
            alias,
            mapping.SECRET,
        )
