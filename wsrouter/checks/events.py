"""Numbered checks for `check --deploy`: what keeps events from their recipients."""

from urllib.parse import urlsplit

from django.core import checks
from django.core.checks import CheckMessage, Error

from wsrouter.checks.configured import configured_gateways, declared
from wsrouter.errors import MissingExtra
from wsrouter.options.gateway import Gateway
from wsrouter.wiring import counting_caches, sender_for


def check_background(**_: object) -> list[CheckMessage]:
    """E015: a task engine without workers."""
    return [
        Error(
            f"Gateway {gateway.alias!r}: large sends have no worker: {why}.",
            hint="A request ends after 29 seconds; a large send may take longer.",
            id="wsrouter.E015",
        )
        for gateway in configured_gateways()
        if (why := _engine_problem(gateway.background))
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
        for gateway in configured_gateways()
        if not gateway.background and _sends_events(gateway)
    ]


def check_transport(**_: object) -> list[CheckMessage]:
    """E018: a transport that cannot be imported or made, so that no event can be
    sent."""
    return [
        Error(f"Gateway {gateway.alias!r}: {why}", id="wsrouter.E018")
        for gateway in configured_gateways()
        if (why := sender_for.transport_problem(gateway.transport))
    ]


def check_shared_cache(**_: object) -> list[CheckMessage]:
    """E030: a cache in which processes cannot count their posts together, so that no
    event can be sent."""
    return [
        Error(
            f"Gateway {gateway.alias!r} has SHARED_POSTS_PER_SECOND, and posts cannot"
            f" be counted in its SHARED_CACHE {gateway.shared_cache!r}: {why}.",
            hint=f"{counting_caches.HINT}: CACHES[{gateway.shared_cache!r}].",
            id="wsrouter.E030",
        )
        for gateway in configured_gateways()
        if gateway.shared_posts_per_second
        and (why := counting_caches.problem(gateway.shared_cache))
    ]


def check_management_endpoints(**_: object) -> list[CheckMessage]:
    """W017: a MANAGEMENT_ENDPOINT on a host that is disabled."""
    return [
        checks.Warning(
            f"Gateway {gateway.alias!r}: MANAGEMENT_ENDPOINT"
            f" {gateway.management_endpoint!r} is on the execute-api host, which"
            " DISABLE_EXECUTE_API_ENDPOINT in DOMAIN disables.",
            hint="Remove MANAGEMENT_ENDPOINT: posts go to the domain then.",
            id="wsrouter.W017",
        )
        for gateway in configured_gateways()
        if gateway.domain
        and gateway.domain.disable_execute_api_endpoint
        and ".execute-api." in urlsplit(gateway.management_endpoint).netloc
    ]


def _engine_problem(engine: str) -> str:
    try:
        return sender_for.engine_problem(engine)
    except MissingExtra as error:
        return str(error).rstrip(".")


def _sends_events(gateway: Gateway) -> bool:
    known = declared(gateway)
    return known is not None and bool(known.events)


CHECKS = (
    check_background,
    check_large_sends,
    check_transport,
    check_shared_cache,
    check_management_endpoints,
)
