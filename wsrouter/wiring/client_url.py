"""The URL that clients of a gateway connect to."""

from typing import NamedTuple
from urllib.parse import urlsplit

from django.conf import settings
from django.http import HttpRequest
from django.http.request import split_domain_port

from wsrouter import conf
from wsrouter.aws import endpoints
from wsrouter.options.gateway import Gateway

LOCAL_PORT = 8001
"""The default port of `ws_local`."""

_LOOPBACK = "127.0.0.1"
_THIS_MACHINE = frozenset({_LOOPBACK, "localhost", "0.0.0.0", "::1", "::"})  # noqa: S104  # compared, not bound


def client_url(request: HttpRequest | None = None, gateway: str = "default") -> str:
    """The URL of a gateway's socket, such as `wss://ws.example.com/v1`.

    The local gateway has the host of `request`, to which the browser sends the page's
    cookies. Raises ConfigurationError when the settings do not say where the API is.
    """
    found = conf.gateway(gateway)
    local = local_url(found, page_host(request))
    if local and (_is_served_locally(found) or not found.client_url):
        return local
    return deployed_url(found)


class KnownUrls(NamedTuple):
    """Where clients of a gateway can connect to; empty where that is nowhere. `problem`
    is what the settings lack for the deployed one."""

    local: str
    deployed: str
    problem: str


def known_urls(gateway: Gateway, host: str = _LOOPBACK) -> KnownUrls:
    """What the console and the document offer."""
    local = "" if _is_of_another(gateway) else local_url(gateway, host)
    try:
        return KnownUrls(local, deployed_url(gateway), "")
    except conf.ConfigurationError as error:
        return KnownUrls(local, "", str(error))


def _is_of_another(gateway: Gateway) -> bool:
    """Whether the local gateway belongs to another entry of WSROUTER: `ws_local` serves
    one. Where it has not started this Django, that is the first."""
    entries = list(conf.gateways().values())
    served = list(filter(_is_served_locally, entries)) or entries[:1]
    return gateway not in served


def local_url(gateway: Gateway, host: str = _LOOPBACK) -> str:
    """The URL on this machine: where `ws_local` has started this Django, or with DEBUG
    on, at the port that is the default. Empty for a deployed Django."""
    if _is_served_locally(gateway):
        parts = urlsplit(gateway.management_endpoint)
        if parts.hostname in _THIS_MACHINE:
            return _joined(f"{host}:{parts.port or 80}", parts.path)
        return _joined(parts.netloc, parts.path)
    if settings.DEBUG:
        return _joined(f"{host}:{LOCAL_PORT}", _path(gateway))
    return ""


def deployed_url(gateway: Gateway) -> str:
    """The URL on AWS. Raises ConfigurationError that says what is missing."""
    if gateway.client_url:
        return gateway.client_url
    if gateway.domain:
        return f"wss://{gateway.domain.address}"
    if not gateway.api_id or gateway.aws_endpoint_url:
        raise conf.ConfigurationError(_unknown(gateway))
    try:
        endpoint = endpoints.management_endpoint(
            api_id=gateway.api_id,
            region=gateway.region,
            stage=gateway.stage,
            profile=gateway.aws_profile,
        )
    except endpoints.NoRegion as error:
        raise conf.ConfigurationError(
            f"The URL of gateway {gateway.alias!r} is not known:"
            f" WSROUTER[{gateway.alias!r}] has an API_ID and no REGION."
        ) from error
    return endpoint.replace("https:", "wss:", 1)


def _unknown(gateway: Gateway) -> str:
    why = (
        "its API is in an emulator (AWS['ENDPOINT_URL'])"
        if gateway.aws_endpoint_url
        else "it has no DOMAIN and no API_ID"
    )
    return (
        f"The URL of gateway {gateway.alias!r} is not known: {why}. (DEBUG is off,"
        f" as it is in tests.) Set WSROUTER[{gateway.alias!r}]['CLIENT_URL'] to the"
        " URL that ws_sync prints."
    )


def _is_served_locally(gateway: Gateway) -> bool:
    """AWS has no `@connections` endpoint without TLS."""
    return gateway.management_endpoint.startswith("http://")


def _path(gateway: Gateway) -> str:
    domain = gateway.domain
    if domain and domain.disable_execute_api_endpoint:
        return f"/{domain.mapping_key}"
    return f"/{gateway.stage}"


def _joined(host: str, path: str) -> str:
    return f"ws://{host}{path.rstrip('/')}"


def page_host(request: HttpRequest | None) -> str:
    """The host name of a page, to which a browser sends its cookies at any port."""
    host = split_domain_port(request.get_host())[0] if request else ""
    return host or _LOOPBACK
