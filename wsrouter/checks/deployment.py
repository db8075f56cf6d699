"""Numbered checks for `check --deploy`: settings that work in development and fail in
production."""

from collections.abc import Iterator
from secrets import token_hex
from urllib.parse import urlsplit

from django.conf import settings
from django.core import checks
from django.core.checks import CheckMessage, Error
from django.http.request import split_domain_port, validate_host
from django.urls import NoReverseMatch, get_resolver, reverse

from wsrouter.checks.configured import configured_gateways, declared
from wsrouter.checks.endpoint_urls import has_endpoint, is_known_path, redirects
from wsrouter.conf import ConfigurationError
from wsrouter.options.environment import api_id_variable
from wsrouter.options.gateway import Gateway
from wsrouter.wire import mapping
from wsrouter.wiring import client_url, counting_caches

_CACHE_HINT = f"{counting_caches.HINT} for CACHES['default']."


def check_origins(**_: object) -> list[CheckMessage]:
    """W005: any page on the web may open a socket with its visitor's cookies."""
    return [
        checks.Warning(
            f"Gateway {gateway.alias!r}: ALLOWED_ORIGINS has '*': any website can"
            " connect in the name of its visitors.",
            hint="List the origins of your own pages.",
            id="wsrouter.W005",
        )
        for gateway in configured_gateways()
        if "*" in (gateway.allowed_origins or ())
    ]


def check_throttles(**_: object) -> list[CheckMessage]:
    """E006: throttles that the cache cannot count across processes."""
    problem = counting_caches.problem("default")
    return [
        Error(
            f"Gateway {gateway.alias!r} has throttles, and CACHES['default'] cannot"
            f" count them: {problem}.",
            hint=_CACHE_HINT,
            id="wsrouter.E006",
        )
        for gateway in configured_gateways()
        if problem and (gateway.connect_throttle or _has_throttles(gateway))
    ]


def check_tickets(**_: object) -> list[CheckMessage]:
    """W007: each process limits the rate of tickets for itself."""
    problem = counting_caches.problem("default")
    if not problem or not _is_routed("wsrouter:ticket"):
        return []
    return [
        checks.Warning(
            "Each process limits the rate of tickets for itself:"
            f" CACHES['default'] cannot count them ({problem}).",
            hint=_CACHE_HINT,
            id="wsrouter.W007",
        )
    ]


def check_client_urls(**_: object) -> list[CheckMessage]:
    """W025: pages that ask for the URL of the socket fail, though they work with DEBUG
    on, where it is that of the local gateway."""
    return [
        checks.Warning(
            f"{problem} Until then {{% ws_url %}} and wsrouter.client_url() raise"
            " ConfigurationError.",
            hint="Silence this check if your clients know the URL from elsewhere.",
            id="wsrouter.W025",
        )
        for gateway in configured_gateways()
        if (problem := _client_url_problem(gateway))
    ]


def check_function(**_: object) -> list[CheckMessage]:
    """W031: a function that refuses the events of every API."""
    return [
        checks.Warning(
            f"Gateway {gateway.alias!r} has LAMBDA and no API_ID: the function refuses"
            " every event.",
            hint="ws_sync prints the id of the API when it has made it. Set API_ID, or"
            f" {api_id_variable(gateway.alias)} in the environment.",
            id="wsrouter.W031",
        )
        for gateway in configured_gateways()
        if gateway.lambda_function and not gateway.api_id
    ]


def check_https(**_: object) -> list[CheckMessage]:
    """E008: an ENDPOINT to which secrets and cookies would travel unencrypted."""
    return [
        Error(
            f"Gateway {gateway.alias!r}: ENDPOINT {gateway.endpoint!r} is not https.",
            id="wsrouter.E008",
        )
        for gateway in configured_gateways()
        if gateway.endpoint and urlsplit(gateway.endpoint).scheme != "https"
    ]


def check_redirects(**_: object) -> list[CheckMessage]:
    """E009: an ENDPOINT that Django redirects. API Gateway does not follow."""
    return [
        Error(
            f"Gateway {gateway.alias!r}: ENDPOINT {gateway.endpoint!r} is redirected:"
            f" {why}.",
            id="wsrouter.E009",
        )
        for gateway in configured_gateways()
        for why in redirects(gateway.endpoint)
    ]


def check_paths(**_: object) -> list[CheckMessage]:
    """W022: an ENDPOINT whose path is that of another view, or of none."""
    if not has_endpoint(get_resolver()):  # reported as W021
        return []
    return [
        checks.Warning(
            f"Gateway {gateway.alias!r}: the path of ENDPOINT {gateway.endpoint!r} does"
            " not lead to the endpoint.",
            hint="Compare it with the URLconf. If a proxy changes the path, silence"
            " this check.",
            id="wsrouter.W022",
        )
        for gateway in configured_gateways()
        if gateway.endpoint and not is_known_path(gateway.endpoint)
    ]


def check_hosts(**_: object) -> list[CheckMessage]:
    """E010: Django answers 400 to a host that is not in ALLOWED_HOSTS."""
    return [
        Error(
            f"Gateway {gateway.alias!r}: the host of ENDPOINT {gateway.endpoint!r} is"
            " not in ALLOWED_HOSTS.",
            id="wsrouter.E010",
        )
        for gateway in configured_gateways()
        if (host := urlsplit(gateway.endpoint).netloc)
        and not validate_host(split_domain_port(host)[0], settings.ALLOWED_HOSTS)
    ]


def check_cookies(**_: object) -> list[CheckMessage]:
    """W011: session cookies that browsers do not send with the handshake."""
    return [
        checks.Warning(
            f"Gateway {gateway.alias!r}: browsers will not send Django's session"
            f" cookie: {why}.",
            hint="Use tickets (and silence this check), or set DOMAIN to a subdomain of"
            " your site and SESSION_COOKIE_DOMAIN to their common domain.",
            id="wsrouter.W011",
        )
        for gateway in configured_gateways()
        if _uses_sessions(gateway)
        for why in _cookie_problems(gateway)
    ]


def check_principals(**_: object) -> list[CheckMessage]:
    """W016: if the authorizer is removed from `$connect` by hand, clients can set the
    principal themselves."""
    return [
        checks.Warning(
            f"Gateway {gateway.alias!r}: Django cannot tell whether Principal-Id comes"
            " from the authorizer: if that is removed from $connect, clients can send"
            " the header themselves.",
            hint="Map it a second time, under a random name: HEADERS ="
            f" {{'Principal-{token_hex(12)}': '{mapping.PRINCIPAL}'}}",
            id="wsrouter.W016",
        )
        for gateway in configured_gateways()
        if gateway.authorizer
        and not gateway.lambda_function
        and not _has_random_principal_header(gateway)
    ]


def _has_random_principal_header(gateway: Gateway) -> bool:
    return any(
        source == mapping.PRINCIPAL and mapping.is_unguessable(name)
        for name, source in gateway.headers.items()
    )


def _has_throttles(gateway: Gateway) -> bool:
    known = declared(gateway)
    return known is not None and any(
        mounted.route.throttle for mounted in known.routes.values()
    )


def _is_routed(name: str) -> bool:
    try:
        reverse(name)
    except NoReverseMatch:
        return False
    return True


def _uses_sessions(gateway: Gateway) -> bool:
    """A project with another way to authenticate does not need the session cookie."""
    return not (gateway.authentication or gateway.authorizer) and any(
        "SessionMiddleware" in path for path in settings.MIDDLEWARE
    )


def _client_url_problem(gateway: Gateway) -> str:
    try:
        client_url.deployed_url(gateway)
    except ConfigurationError as error:
        return str(error)
    return ""


def _cookie_problems(gateway: Gateway) -> Iterator[str]:
    shared = (settings.SESSION_COOKIE_DOMAIN or "").lstrip(".").lower()
    if gateway.domain is None:
        yield "without DOMAIN, they connect to an execute-api host"
    elif not shared:
        yield "without SESSION_COOKIE_DOMAIN, it is for the page's own host only"
    elif gateway.domain.name != shared and not gateway.domain.name.endswith(
        f".{shared}"
    ):
        yield f"SESSION_COOKIE_DOMAIN {shared!r} does not cover {gateway.domain.name!r}"


CHECKS = (
    check_origins,
    check_throttles,
    check_tickets,
    check_https,
    check_redirects,
    check_paths,
    check_hosts,
    check_cookies,
    check_principals,
    check_client_urls,
    check_function,
)
