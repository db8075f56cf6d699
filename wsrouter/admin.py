"""In Django's admin: open connections, memberships, and a page that publishes."""

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

SEE = "wsrouter.view_openconnection"
PUBLISH = "wsrouter.publish_gateway"


if TYPE_CHECKING:
    _Admin = admin.ModelAdmin[Any]
else:
    _Admin = admin.ModelAdmin


class ReadOnlyAdmin(_Admin):
    """Rows that only the library writes."""

    def has_add_permission(self, request: HttpRequest, *_: Any) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(Membership)
class MembershipAdmin(ReadOnlyAdmin):
    list_display = ("group", "connection")
    list_select_related = ("connection",)
    search_fields = ("group", "connection__connection_id")


@admin.register(OpenConnection)
class OpenConnectionAdmin(ReadOnlyAdmin):
    """The open connections, and beside them the gateways."""

    list_display = ("connection_id", "user", "gateway", "stage", "connected_at")
    list_filter = ("gateway", "stage")
    list_select_related = ("user",)
    search_fields = ("connection_id", "source_ip")
    date_hierarchy = "connected_at"

    def get_urls(self) -> list[URLPattern]:
        guarded = self.admin_site.admin_view
        return [
            path("gateways/", guarded(self.gateways), name="wsrouter_gateways"),
            path("gateways/<alias>/", guarded(self.gateway), name="wsrouter_gateway"),
            *super().get_urls(),
        ]

    def get_model_perms(self, request: HttpRequest) -> dict[str, bool]:
        """Who may only publish finds the way to the gateways, too."""
        found = super().get_model_perms(request)
        return {**found, "view": found["view"] or _may(request, PUBLISH)}

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """The connections; for who may only publish, the gateways."""
        if _may(request, PUBLISH) and not self.has_view_permission(request):
            return HttpResponseRedirect(self._url("wsrouter_gateways"))
        return super().changelist_view(request, extra_context)

    def gateways(self, request: HttpRequest) -> HttpResponse:
        """The configured gateways."""
        from wsrouter import conf

        _require(request, SEE, PUBLISH)
        try:
            context = {"gateways": conf.gateways().values(), "error": ""}
        except ImproperlyConfigured as error:
            context = {"gateways": (), "error": str(error)}
        return self._rendered(request, "gateways.html", "Gateways", context)

    def gateway(self, request: HttpRequest, alias: str) -> HttpResponse:
        """One gateway: its routes, what is not published, and the button."""
        from wsrouter.ops.gateway_page import Page, page

        _require(request, SEE, PUBLISH)
        if request.method == "POST":
            return self._publish(request, alias)
        try:
            shown = page(alias)
        except (WSRouterError, ImproperlyConfigured) as error:
            if alias not in _aliases():
                raise Http404 from error
            shown = Page(alias=alias, error=str(error))
        context = {"page": shown, "may_publish": _may(request, PUBLISH)}
        return self._rendered(request, "gateway.html", f"Gateway {alias}", context)

    def _publish(self, request: HttpRequest, alias: str) -> HttpResponse:
        """Publish exactly the plan that was shown, or show the new one."""
        from wsrouter.ops.gateway_page import publish_page

        _require(request, PUBLISH)
        try:
            done = publish_page(alias, seen=request.POST.get("plan", ""))
        except (WSRouterError, ImproperlyConfigured) as error:
            self._log(request, alias, f"Publishing failed: {error}")
            messages.error(request, str(error))
        else:
            if done is None:
                messages.warning(request, "The plan has changed; look at it again.")
            else:
                self._log(request, alias, f"Published {len(done.lines)} changes.")
                messages.success(request, f"Published. Clients connect to {done.url}")
                for warning in done.warnings:
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

    def _rendered(
        self, request: HttpRequest, template: str, title: str, more: dict[str, Any]
    ) -> HttpResponse:
        context = {**self.admin_site.each_context(request), "title": title, **more}
        request.current_app = self.admin_site.name
        return TemplateResponse(request, f"admin/wsrouter/{template}", context)


def _may(request: HttpRequest, permission: str) -> bool:
    return request.user.has_perm(permission)


def _require(request: HttpRequest, *any_of: str) -> None:
    if not any(_may(request, each) for each in any_of):
        raise PermissionDenied


def _aliases() -> set[str]:
    from wsrouter import conf

    try:
        return set(conf.gateways())
    except ImproperlyConfigured:
        return set()
