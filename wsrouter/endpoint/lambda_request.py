"""The request that an event of the AWS_PROXY integration stands for: an ASGI scope."""

from typing import Any

from django.conf import settings
from django.http.request import split_domain_port, validate_host

from wsrouter import conf
from wsrouter.auth import security_log
from wsrouter.options.gateway import Gateway
from wsrouter.wire import lambda_event, mapping
from wsrouter.wiring import incoming, process_secret
from wsrouter.wiring.endpoint_path import endpoint_path

_SHOWN_CHARACTERS = 64
_NO_API_ID = (
    "none has one yet: set it, or WSROUTER_API_ID in the environment of the function"
)


def gateway_of(event: Any) -> Gateway | None:
    """The gateway whose API has sent an event; None, and a line in the log, for an
    event of another API or of none."""
    api_id = lambda_event.api_id(event)
    for gateway in conf.gateways().values():
        if api_id and gateway.api_id == api_id:
            return gateway
    known = [gateway.api_id for gateway in conf.gateways().values() if gateway.api_id]
    security_log.warn(
        "An event of the API %r was refused: no gateway in WSROUTER has this API_ID;"
        " %s.",
        api_id[:_SHOWN_CHARACTERS],
        f"they have {', '.join(known)}" if known else _NO_API_ID,
    )
    return None


def scope(event: Any, gateway: Gateway, body_bytes: int) -> dict[str, Any]:
    """What an ASGI server would make of the same event over HTTP. The proof of its
    origin is a secret of this process. Raises NoReverseMatch where the URLs have no
    endpoint."""
    headers = [
        *lambda_event.client_headers(event),
        *lambda_event.mapped_headers(event, _parameters(gateway)),
        (b"host", _host(event).encode("utf-8", "replace")),
        (b"content-type", b"application/json"),
        (b"content-length", str(body_bytes).encode()),
    ]
    return {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": "POST",
        "scheme": "https",
        "path": endpoint_path(),
        "query_string": lambda_event.query_string(event),
        "headers": headers,
    }


def _parameters(gateway: Gateway) -> dict[str, str]:
    secret = process_secret.draw()
    if secret not in incoming.accepted_secrets(gateway.alias):
        incoming.accepted_secrets.cache_clear()
    return mapping.request_parameters(
        alias=gateway.alias,
        secret=secret,
        extra=gateway.headers,
        authorized=bool(gateway.authorizer),
    )


def _host(event: Any) -> str:
    """The host that the client has connected to, if it is in ALLOWED_HOSTS, or the
    first of these: that which API Gateway invokes has no host of its own."""
    name, allowed = lambda_event.domain_name(event), settings.ALLOWED_HOSTS
    if validate_host(split_domain_port(name)[0], allowed):
        return name
    hosts = (host.lstrip(".") for host in allowed if host != "*")
    return next(hosts, name)
