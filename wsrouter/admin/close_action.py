"""Closes connections from the admin at API Gateway, and asks API Gateway about one."""

import logging
from contextlib import suppress
from typing import Any
from urllib.parse import urlencode

from django.contrib import admin, messages
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.core.exceptions import ImproperlyConfigured, PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import NoReverseMatch, URLPattern, path, reverse
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.decorators import method_decorator
from django.views.decorators.http import require_POST

from wsrouter.admin.act_log import log_acts
from wsrouter.admin.gateway_pages import GatewayPages
from wsrouter.admin.long_list import ROWS
from wsrouter.admin.read_only import localized
from wsrouter.errors import ConnectionGone, WSRouterError
from wsrouter.models import OpenConnection
from wsrouter.registry import revocation
from wsrouter.registry.database import alias

CLOSE = "wsrouter.close_openconnection"
logger = logging.getLogger("wsrouter.security")


class CloseAction(GatewayPages):
    """The action on the list, and the buttons on the page of a connection."""

    actions = ("close_connections",)
    change_form_template = "admin/wsrouter/openconnection/change_form.html"

    def get_urls(self) -> list[URLPattern]:
        ask = self.admin_site.admin_view(self.ask_api_gateway)
        return [
            path("<int:pk>/ask/", ask, name="wsrouter_ask_api_gateway"),
            *super().get_urls(),
        ]

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        context = {
            "may_close": self.has_close_permission(request),
            "checkbox": ACTION_CHECKBOX_NAME,
            "console_url": _console_url(request, object_id),
        }
        more = context | (extra_context or {})
        return super().change_view(request, object_id, form_url, more)

    def has_close_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm(CLOSE)

    @admin.action(description="Close selected connections", permissions=["close"])
    def close_connections(
        self, request: HttpRequest, queryset: Any
    ) -> HttpResponse | None:
        """Asks first. Only what is ticked: never all that match."""
        keys = request.POST.getlist(ACTION_CHECKBOX_NAME)[:ROWS]
        rows = OpenConnection.objects.using(alias()).select_related("user")
        found = list(rows.filter(pk__in=filter(str.isdecimal, keys)).order_by("-pk"))
        if request.POST.get("confirmed"):
            self._close(request, found)
            return None
        context = {
            "opts": self.opts,
            "connections": found,
            "checkbox": ACTION_CHECKBOX_NAME,
            "back": request.get_full_path(),
        }
        template = "openconnection/close.html"
        return self.rendered(request, template, "Close connections", context)

    def _close(self, request: HttpRequest, rows: list[OpenConnection]) -> None:
        from wsrouter.wiring import ending

        ids = [row.connection_id for row in rows]
        count = ending.end_connections(ids)
        log_acts(
            request,
            OpenConnection,
            [(row.pk, f"{row.connection_id} of user {row.user_id}") for row in rows],
            "Closed.",
        )
        logger.info(
            "User %s closed connections in the admin: %s",
            request.user.pk,
            ", ".join(ids),
        )
        noun = "connection has" if count == 1 else "connections have"
        messages.success(
            request,
            f"{count} {noun} ended: messages are refused from now on. API Gateway is"
            " told to close the sockets when this answer has left.",
        )

    @method_decorator(require_POST)
    def ask_api_gateway(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Say what API Gateway knows of a connection at this moment."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        rows = OpenConnection.objects.using(alias())
        row = rows.filter(pk=min(pk, 2**63 - 1)).first()
        if row is None:
            raise Http404
        messages.info(request, _what_is_known(row))
        return HttpResponseRedirect(self.url("wsrouter_openconnection_change", pk))


def _console_url(request: HttpRequest, object_id: str) -> str:
    """The console of the connection's gateway, which sends test events to it; empty
    without the permission, and where the console is not shown."""
    from wsrouter.endpoint import console_event_view
    from wsrouter.endpoint.docs_access import documented_gateway

    if not object_id.isdecimal() or not console_event_view.may_send(request):
        return ""
    rows = OpenConnection.objects.using(alias())
    row = rows.filter(pk=object_id, expires_at__gt=timezone.now()).first()
    if row is None:
        return ""
    kwargs = {} if row.gateway == "default" else {"alias": row.gateway}
    with suppress(Http404, NoReverseMatch):
        documented_gateway(request, row.gateway)
        page = reverse("wsrouter:console", kwargs=kwargs)
        return f"{page}?{urlencode({'connection': row.connection_id})}"
    return ""


def _what_is_known(row: OpenConnection) -> str:
    from wsrouter.wiring import outgoing

    try:
        info = outgoing.sender().info(revocation.address(row))
    except ConnectionGone:
        return "API Gateway: this connection is not open any more."
    except (WSRouterError, ImproperlyConfigured) as error:
        return f"API Gateway could not be asked: {error}"
    active = info.get("lastActiveAt")
    moment = parse_datetime(active) if isinstance(active, str) else active
    return f"API Gateway: open, last active at {localized(moment)}."
