"""Who may see the documents of a gateway: the setting DOCS."""

from django.conf import settings
from django.http import Http404, HttpRequest

from wsrouter import conf
from wsrouter.options.gateway import Gateway


def documented_gateway(request: HttpRequest, alias: str) -> Gateway:
    """The gateway of that alias. Raises Http404 for one that does not exist and, so
    that these look the same, for a request that may not see its documents."""
    gateway = conf.gateways().get(alias)
    if gateway is None or not _may_see(request, gateway):
        raise Http404
    return gateway


def _may_see(request: HttpRequest, gateway: Gateway) -> bool:
    if gateway.docs == "debug":
        return settings.DEBUG
    if gateway.docs == "staff":
        user = getattr(request, "user", None)
        return user is not None and user.is_active and user.is_staff
    return gateway.docs == "public"
