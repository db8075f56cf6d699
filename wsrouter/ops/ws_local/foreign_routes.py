"""How `ws_local` serves the routes of a published API that wsrouter does not manage."""

from collections.abc import Mapping
from dataclasses import replace
from urllib.parse import urlsplit, urlunsplit

from wsrouter.catalog.snapshot import HTTP_PROXY, ForeignRoute, Integration
from wsrouter.options.gateway import Gateway


def beside(
    gateway: Gateway, routes: Mapping[str, ForeignRoute], uri: str
) -> dict[str, ForeignRoute]:
    """Those that lead to the site of ENDPOINT, as another library beside wsrouter has
    them, posted to the site of `uri` instead. The others are left out: a laptop must
    not post to other machines in the name of API Gateway."""
    site = urlsplit(gateway.endpoint).netloc
    return {
        key: replace(route, integration=_moved(route.integration, uri))
        for key, route in routes.items()
        if _is_at(route.integration, site)
    }


def _is_at(integration: Integration, site: str) -> bool:
    is_proxy = integration.type == HTTP_PROXY
    return is_proxy and urlsplit(integration.uri).netloc == site


def _moved(integration: Integration, uri: str) -> Integration:
    """The integration with its own path at the site of `uri`."""
    here, place = urlsplit(uri), urlsplit(integration.uri)
    moved = place._replace(scheme=here.scheme, netloc=here.netloc)
    return replace(integration, uri=urlunsplit(moved))
