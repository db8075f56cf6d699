"""Open connections: found by user, group or id, and closed at API Gateway."""

from dataclasses import replace
from typing import Any

from django.contrib import admin
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.template.defaultfilters import timesince_filter, timeuntil_filter
from django.utils import timezone
from django.utils.html import format_html

from wsrouter.admin.close_action import CloseAction
from wsrouter.admin.connection_search import HELP, searched
from wsrouter.admin.read_only import GatewayFilter, largest_unit, localized
from wsrouter.admin.walk import Walk
from wsrouter.models import Membership, OpenConnection
from wsrouter.registry.database import alias

MOST_GROUPS = 100
"""Groups that the page of a connection names."""


class EndedFilter(admin.SimpleListFilter):
    """Of a connection that has ended, the row stays until the socket is closed."""

    title = "status"
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("open", "open"), ("ended", "ended, not closed yet")]

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        if self.value() == "open":
            return queryset.filter(expires_at__gt=timezone.now())
        return queryset.filter(_has_ended()) if self.value() == "ended" else queryset


@admin.register(OpenConnection)
class OpenConnectionAdmin(CloseAction):
    """The open connections, and the pages of the gateways. There is no time of the last
    message: no row is written for a message. API Gateway knows it, and is asked on the
    page of one connection."""

    change_list_template = "admin/wsrouter/openconnection/change_list.html"
    list_display = ("connection_id", "user", "gateway", "age", "expires", "state_now")
    list_filter = (GatewayFilter, EndedFilter)
    list_select_related = ("user",)
    search_fields = ("connection_id",)
    search_help_text = HELP
    fields = (
        "connection_id",
        "user",
        "gateway",
        "stage",
        "api_id",
        "state_now",
        "age",
        "connected",
        "expires",
        "source_ip",
        "user_agent",
        "language",
        "state",
        "groups",
    )

    def get_queryset(self, request: HttpRequest) -> "QuerySet[Any]":
        """A list reads what it shows."""
        return super().get_queryset(request).defer("state", "user_agent")

    def walk(self, request: HttpRequest, text: str) -> Walk:
        chosen = request.GET.get("state")
        if found := searched(text):
            is_filtered = found.is_filtered or self.is_filtered(request)
            return replace(found, is_filtered=is_filtered)
        if chosen == "ended":
            return Walk(
                order=("-expires_at", "-pk"),
                within=_has_ended(),
                is_filtered=self.is_filtered(request, "state"),
                count="pk",
            )
        return super().walk(request, text)

    @admin.display(description="age")
    def age(self, row: OpenConnection) -> str:
        return largest_unit(timesince_filter(row.connected_at))

    @admin.display(description="expires in")
    def expires(self, row: OpenConnection) -> str:
        is_over = row.expires_at <= timezone.now()
        return "-" if is_over else largest_unit(timeuntil_filter(row.expires_at))

    @admin.display(description="status")
    def state_now(self, row: OpenConnection) -> str:
        has_ended = row.expires_at <= timezone.now()
        return "ended, not closed yet" if has_ended else "open"

    @admin.display(description="connected at")
    def connected(self, row: OpenConnection) -> str | None:
        return localized(row.connected_at)

    @admin.display(description="groups")
    def groups(self, row: OpenConnection) -> str:
        rows = Membership.objects.using(alias())
        rows = rows.filter(connection=row).order_by("group")
        names = list(rows.values_list("group", flat=True)[: MOST_GROUPS + 1])
        more = ", and more" if len(names) > MOST_GROUPS else ""
        return format_html("{}{}", ", ".join(names[:MOST_GROUPS]) or "-", more)


def _has_ended() -> Q:
    return Q(expires_at__lte=timezone.now())
