"""Numbered checks for `check --deploy`: what works on a laptop and not in the world."""

from collections.abc import Iterator
from secrets import token_hex
from urllib.parse import urlsplit

from django.conf import settings
from django.core import checks
from django.core.checks import CheckMessage, Error
from django.core.exceptions import ImproperlyConfigured
from django.http.request import split_domain_port, validate_host
from django.urls import NoReverseMatch, Resolver404, resolve, reverse

from wsrouter import conf
from wsrouter.errors import DeclarationError, MissingExtra
from wsrouter.options.gateway import Gateway
from wsrouter.routing.table import Table, table
from wsrouter.wire import mapping
from wsrouter.wiring import sender_for
from wsrouter.wiring.routers import root_router

_CANNOT_COUNT = {
    "django.core.cache.backends.locmem.LocMemCache": "every process has its own",
    "django.core.cache.backends.dummy.DummyCache": "it keeps nothing",
    "django.core.cache.backends.filebased.FileBasedCache": "it does not add up safely",
    "django.core.cache.backends.db.DatabaseCache": "it does not add up safely",
}
_UNGUESSED = 24
"""Characters of a header's name that look as if nobody could guess it."""
_SHARED = "Use Redis or Memcached for CACHES['default']."


def check_origins(**_: object) -> list[CheckMessage]:
    """W005: every page on the web may open a socket with its visitor's cookies."""
    return [
        checks.Warning(
            f"Gateway {each.alias!r}: ALLOWED_ORIGINS has '*': any site can connect as"
            " its visitor.",
            hint="List the origins of your own pages.",
            id="wsrouter.W005",
        )
        for each in _gateways()
        if "*" in (each.allowed_origins or ())
    ]


def check_throttles(**_: object) -> list[CheckMessage]:
    """E006: throttles that the cache cannot count across processes."""
    why = _cannot_count()
    return [
        Error(
            f"Gateway {each.alias!r} has throttles, and CACHES['default'] cannot count"
            f" them: {why}.",
            hint=_SHARED,
            id="wsrouter.E006",
        )
        for each in _gateways()
        if why and (each.connect_throttle or _has_throttles(each))
    ]


def check_tickets(**_: object) -> list[CheckMessage]:
    """W007: the limit of tickets a user gets holds in each process by itself."""
    why = _cannot_count()
    if not why or not _is_routed("wsrouter:ticket"):
        return []
    return [
        checks.Warning(
            "The rate of tickets is limited in each process by itself:"
            f" CACHES['default'] cannot count them ({why}).",
            hint=_SHARED,
            id="wsrouter.W007",
        )
    ]


def check_https(**_: object) -> list[CheckMessage]:
    """E008: an ENDPOINT to which secrets and cookies would travel in the clear."""
    return [
        Error(
            f"Gateway {each.alias!r}: ENDPOINT {each.endpoint!r} is not https.",
            id="wsrouter.E008",
        )
        for each in _gateways()
        if each.endpoint and urlsplit(each.endpoint).scheme != "https"
    ]


def check_redirects(**_: object) -> list[CheckMessage]:
    """E009: an ENDPOINT that Django redirects; API Gateway does not follow."""
    return [
        Error(
            f"Gateway {each.alias!r}: ENDPOINT {each.endpoint!r} is redirected: {why}.",
            id="wsrouter.E009",
        )
        for each in _gateways()
        for why in _redirects(each.endpoint)
    ]


def check_hosts(**_: object) -> list[CheckMessage]:
    """E010: Django answers 400 to a host that is not in ALLOWED_HOSTS."""
    return [
        Error(
            f"Gateway {each.alias!r}: the host of ENDPOINT {each.endpoint!r} is not in"
            " ALLOWED_HOSTS.",
            id="wsrouter.E010",
        )
        for each in _gateways()
        if (host := urlsplit(each.endpoint).netloc)
        and not validate_host(split_domain_port(host)[0], settings.ALLOWED_HOSTS)
    ]


def check_cookies(**_: object) -> list[CheckMessage]:
    """W011: session cookies that no handshake will carry."""
    return [
        checks.Warning(
            f"Gateway {each.alias!r}: browsers will not send Django's session cookie:"
            f" {why}.",
            hint="Connect with tickets (then silence this check), or set DOMAIN to a"
            " domain of your site and SESSION_COOKIE_DOMAIN to what they share.",
            id="wsrouter.W011",
        )
        for each in _gateways()
        if _uses_sessions(each)
        for why in _cookie_obstacles(each)
    ]


def check_background(**_: object) -> list[CheckMessage]:
    """E015: a task engine without workers."""
    return [
        Error(
            f"Gateway {each.alias!r}: large sends have no worker: {why}.",
            hint="A request ends after 29 seconds; a large send may take longer.",
            id="wsrouter.E015",
        )
        for each in _gateways()
        if (why := _without_workers(each.background))
    ]


def check_large_sends(**_: object) -> list[CheckMessage]:
    """W019: without a task engine, an event reaches as many as its time allows."""
    return [
        checks.Warning(
            f"Gateway {gateway.alias!r}: nothing carries out large sends: without"
            " BACKGROUND, recipients without a post after SEND_SECONDS"
            f" ({gateway.send_seconds:g} s) do not get an event.",
            hint="Set BACKGROUND to 'celery' or 'tasks'; or silence this check if no"
            " event has more than a few thousand recipients.",
            id="wsrouter.W019",
        )
        for gateway in _gateways()
        if not gateway.background and _sends_events(gateway)
    ]


def check_transport(**_: object) -> list[CheckMessage]:
    """E018: a transport that cannot be imported or made, so that no event can be
    sent."""
    return [
        Error(f"Gateway {each.alias!r}: {why}", id="wsrouter.E018")
        for each in _gateways()
        if (why := sender_for.transport_problem(each.transport))
    ]


def _without_workers(engine: str) -> str:
    try:
        return sender_for.engine_problem(engine)
    except MissingExtra as error:
        return str(error).rstrip(".")


def check_principals(**_: object) -> list[CheckMessage]:
    """W016: an authorizer taken off `$connect` by hand would let clients say who they
    are."""
    return [
        checks.Warning(
            f"Gateway {each.alias!r}: nothing shows whether Principal-Id is the"
            " authorizer's: once it is taken off $connect, the header is the client's.",
            hint="Map it once more, under a name that nobody guesses: HEADERS ="
            f" {{'Principal-{token_hex(12)}': '{mapping.PRINCIPAL}'}}",
            id="wsrouter.W016",
        )
        for each in _gateways()
        if each.authorizer and not _has_secret_copy(each)
    ]


def _has_secret_copy(gateway: Gateway) -> bool:
    return any(
        source == mapping.PRINCIPAL and len(name) >= _UNGUESSED
        for name, source in gateway.headers.items()
    )


def check_management_endpoints(**_: object) -> list[CheckMessage]:
    """W017: posts to a host that is disabled."""
    return [
        checks.Warning(
            f"Gateway {each.alias!r}: MANAGEMENT_ENDPOINT {each.management_endpoint!r}"
            " is on the execute-api host, which ONLY in DOMAIN disables.",
            hint="Leave it out: posts go to the domain then.",
            id="wsrouter.W017",
        )
        for each in _gateways()
        if each.domain
        and each.domain.only
        and ".execute-api." in urlsplit(each.management_endpoint).netloc
    ]


def _gateways() -> list[Gateway]:
    try:
        return list(conf.gateways().values())
    except ImproperlyConfigured:  # E001 tells of it
        return []


def _cannot_count() -> str | None:
    backend = settings.CACHES.get("default", {}).get("BACKEND", "")
    return _CANNOT_COUNT.get(backend)


def _has_throttles(gateway: Gateway) -> bool:
    declared = _declared(gateway)
    return declared is not None and any(
        each.route.throttle for each in declared.routes.values()
    )


def _sends_events(gateway: Gateway) -> bool:
    declared = _declared(gateway)
    return declared is not None and bool(declared.events)


def _declared(gateway: Gateway) -> Table | None:
    try:
        return table(root_router(gateway))
    except (ImproperlyConfigured, DeclarationError):  # E002 reports it
        return None


def _is_routed(name: str) -> bool:
    try:
        reverse(name)
    except NoReverseMatch:
        return False
    return True


def _redirects(endpoint: str) -> Iterator[str]:
    url = urlsplit(endpoint)
    if url.scheme == "http" and settings.SECURE_SSL_REDIRECT:
        yield "SECURE_SSL_REDIRECT sends it to https"
    if settings.PREPEND_WWW and not url.netloc.startswith("www."):
        yield "PREPEND_WWW sends it to another host"
    path = url.path or "/"
    if settings.APPEND_SLASH and not _resolves(path) and _resolves(f"{path}/"):
        yield f"APPEND_SLASH sends it to {path}/"


def _resolves(path: str) -> bool:
    try:
        return resolve(path).view_name == "wsrouter:endpoint"
    except Resolver404:
        return False


def _uses_sessions(gateway: Gateway) -> bool:
    """A project with other ways to say who is connecting knows what it does."""
    return not (gateway.authentication or gateway.authorizer) and any(
        "SessionMiddleware" in each for each in settings.MIDDLEWARE
    )


def _cookie_obstacles(gateway: Gateway) -> Iterator[str]:
    shared = (settings.SESSION_COOKIE_DOMAIN or "").lstrip(".").lower()
    if gateway.domain is None:
        yield "without DOMAIN they connect to an execute-api host"
    elif not shared:
        yield "without SESSION_COOKIE_DOMAIN it is for the page's own host only"
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
    check_hosts,
    check_cookies,
    check_principals,
    check_background,
    check_large_sends,
    check_transport,
    check_management_endpoints,
)
