"""The pages of the gateways: routes, what is not published, and a button for that."""

from typing import Any

from django.contrib import messages
from django.core.exceptions import ImproperlyConfigured, PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import URLPattern, path

from wsrouter.admin.act_log import log_act
from wsrouter.admin.long_list import LongListAdmin
from wsrouter.admin.read_only import aliases
from wsrouter.errors import WSRouterError
from wsrouter.models import OpenConnection

VIEW = "wsrouter.view_openconnection"
PUBLISH = "wsrouter.publish_gateway"


class GatewayPages(LongListAdmin):
    """They are below the open connections."""

    def get_urls(self) -> list[URLPattern]:
        admin_view = self.admin_site.admin_view
        return [
            path("gateways/", admin_view(self.gateways), name="wsrouter_gateways"),
            path(
                "gateways/<alias>/", admin_view(self.gateway), name="wsrouter_gateway"
            ),
            *super().get_urls(),
        ]

    def get_model_perms(self, request: HttpRequest) -> dict[str, bool]:
        """Shows the link to users who may only publish, too."""
        permissions = super().get_model_perms(request)
        may_view = permissions["view"] or request.user.has_perm(PUBLISH)
        return {**permissions, "view": may_view}

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """The connections. Redirects users who may only publish to the gateways."""
        may_view = self.has_view_permission(request)
        if request.user.has_perm(PUBLISH) and not may_view:
            return HttpResponseRedirect(self.url("wsrouter_gateways"))
        return super().changelist_view(request, extra_context)

    def gateways(self, request: HttpRequest) -> HttpResponse:
        """The configured gateways."""
        from wsrouter.ops.gateway_page import gateway_list

        _require_any(request, VIEW, PUBLISH)
        try:
            context = {"gateways": gateway_list(), "error": ""}
        except ImproperlyConfigured as error:
            context = {"gateways": (), "error": str(error)}
        return self.rendered(request, "gateways.html", "Gateways", context)

    def gateway(self, request: HttpRequest, alias: str) -> HttpResponse:
        """One gateway: routes, unpublished changes, and the button to publish them."""
        from wsrouter.ops.gateway_page import GatewayPage, gateway_page

        _require_any(request, VIEW, PUBLISH)
        if request.method == "POST":
            return self._publish(request, alias)
        try:
            page = gateway_page(alias)
        except (WSRouterError, ImproperlyConfigured) as error:
            if alias not in aliases():
                raise Http404 from error
            page = GatewayPage(alias=alias, error=str(error))
        context = {"page": page, "may_publish": request.user.has_perm(PUBLISH)}
        return self.rendered(request, "gateway.html", f"Gateway {alias}", context)

    def _publish(self, request: HttpRequest, alias: str) -> HttpResponse:
        """Publish the plan that was shown, or show the new one if it has changed."""
        from wsrouter.ops.gateway_page import publish_if_unchanged

        _require_any(request, PUBLISH)
        try:
            fingerprint = request.POST.get("plan", "")
            publication = publish_if_unchanged(alias, fingerprint=fingerprint)
        except (WSRouterError, ImproperlyConfigured) as error:
            _log(request, alias, f"Publishing failed: {error}")
            messages.error(request, str(error))
        else:
            if publication is None:
                messages.warning(request, "The plan has changed; please read it again.")
            else:
                _log(request, alias, f"Published {len(publication.lines)} changes.")
                messages.success(
                    request, f"Published. Clients connect to {publication.url}"
                )
                for warning in publication.warnings:
                    messages.warning(request, warning)
        return HttpResponseRedirect(self.url("wsrouter_gateway", alias))


def _log(request: HttpRequest, alias: str, text: str) -> None:
    log_act(request, OpenConnection, f"Gateway {alias}", text)


def _require_any(request: HttpRequest, *permissions: str) -> None:
    if not any(request.user.has_perm(name) for name in permissions):
        raise PermissionDenied
