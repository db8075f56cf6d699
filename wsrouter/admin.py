"""The admin: open connections, group memberships, and pages that publish gateways."""

from typing import TYPE_CHECKING, Any

from django.contrib import admin, messages
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.contenttypes.models import ContentType
from django.core.exceptions import ImproperlyConfigured, PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse

from wsrouter.errors import WSRouterError
from wsrouter.models import Membership, OpenConnection

VIEW = "wsrouter.view_openconnection"
PUBLISH = "wsrouter.publish_gateway"


if TYPE_CHECKING:
    _Admin = admin.ModelAdmin[Any]
else:
    _Admin = admin.ModelAdmin


class ReadOnlyAdmin(_Admin):
    """For rows that only the library writes."""

    def has_add_permission(self, request: HttpRequest, *_: Any) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Only together with a user. The admin asks for the rows that go with one, on
        the pages of users: who may delete the user may delete them."""
        match = request.resolver_match
        is_own_page = match is None or str(match.url_name).startswith("wsrouter_")
        return obj is not None and not is_own_page


@admin.register(Membership)
class MembershipAdmin(ReadOnlyAdmin):
    list_display = ("group", "connection")
    list_select_related = ("connection",)
    search_fields = ("group", "connection__connection_id")


@admin.register(OpenConnection)
class OpenConnectionAdmin(ReadOnlyAdmin):
    """The open connections, and the pages of the gateways."""

    list_display = ("connection_id", "user", "gateway", "stage", "connected_at")
    list_filter = ("gateway", "stage")
    list_select_related = ("user",)
    search_fields = ("connection_id", "source_ip")
    date_hierarchy = "connected_at"

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
        may_view = permissions["view"] or _has_permission(request, PUBLISH)
        return {**permissions, "view": may_view}

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """The connections. Redirects users who may only publish to the gateways."""
        if _has_permission(request, PUBLISH) and not self.has_view_permission(request):
            return HttpResponseRedirect(self._url("wsrouter_gateways"))
        return super().changelist_view(request, extra_context)

    def gateways(self, request: HttpRequest) -> HttpResponse:
        """The configured gateways."""
        from wsrouter import conf

        _require_any(request, VIEW, PUBLISH)
        try:
            context = {"gateways": conf.gateways().values(), "error": ""}
        except ImproperlyConfigured as error:
            context = {"gateways": (), "error": str(error)}
        return self._render(request, "gateways.html", "Gateways", context)

    def gateway(self, request: HttpRequest, alias: str) -> HttpResponse:
        """One gateway: routes, unpublished changes, and the button to publish them."""
        from wsrouter.ops.gateway_page import GatewayPage, gateway_page

        _require_any(request, VIEW, PUBLISH)
        if request.method == "POST":
            return self._publish(request, alias)
        try:
            page = gateway_page(alias)
        except (WSRouterError, ImproperlyConfigured) as error:
            if alias not in _aliases():
                raise Http404 from error
            page = GatewayPage(alias=alias, error=str(error))
        context = {"page": page, "may_publish": _has_permission(request, PUBLISH)}
        return self._render(request, "gateway.html", f"Gateway {alias}", context)

    def _publish(self, request: HttpRequest, alias: str) -> HttpResponse:
        """Publish the plan that was shown, or show the new one if it has changed."""
        from wsrouter.ops.gateway_page import publish_if_unchanged

        _require_any(request, PUBLISH)
        try:
            fingerprint = request.POST.get("plan", "")
            publication = publish_if_unchanged(alias, fingerprint=fingerprint)
        except (WSRouterError, ImproperlyConfigured) as error:
            self._log(request, alias, f"Publishing failed: {error}")
            messages.error(request, str(error))
        else:
            if publication is None:
                messages.warning(request, "The plan has changed; please read it again.")
            else:
                self._log(
                    request, alias, f"Published {len(publication.lines)} changes."
                )
                messages.success(
                    request, f"Published. Clients connect to {publication.url}"
                )
                for warning in publication.warnings:
                    messages.warning(request, warning)
        return HttpResponseRedirect(self._url("wsrouter_gateway", alias))

    def _url(self, name: str, *args: str) -> str:
        return reverse(f"admin:{name}", args=args, current_app=self.admin_site.name)

    def _log(self, request: HttpRequest, alias: str, text: str) -> None:
        LogEntry.objects.create(
            user_id=str(request.user.pk),
            content_type=ContentType.objects.get_for_model(OpenConnection),
            object_repr=f"Gateway {alias}",
            action_flag=CHANGE,
            change_message=text,
        )

    def _render(
        self, request: HttpRequest, template: str, title: str, values: dict[str, Any]
    ) -> HttpResponse:
        context = {**self.admin_site.each_context(request), "title": title, **values}
        request.current_app = self.admin_site.name
        return TemplateResponse(request, f"admin/wsrouter/{template}", context)


def _has_permission(request: HttpRequest, permission: str) -> bool:
    return request.user.has_perm(permission)


def _require_any(request: HttpRequest, *permissions: str) -> None:
    if not any(_has_permission(request, name) for name in permissions):
        raise PermissionDenied


def _aliases() -> set[str]:
    from wsrouter import conf

    try:
        return set(conf.gateways())
    except ImproperlyConfigured:
        return set()
