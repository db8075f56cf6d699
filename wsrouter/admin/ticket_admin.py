"""Tickets: whose they are, and whether they were used. Nothing of a digest is shown."""

from dataclasses import replace
from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.utils import timezone

from wsrouter.admin.connection_search import of_users
from wsrouter.admin.long_list import LongListAdmin
from wsrouter.admin.read_only import GatewayFilter, localized
from wsrouter.admin.walk import Walk
from wsrouter.models import Ticket


@admin.register(Ticket)
class TicketAdmin(LongListAdmin):
    list_display = ("whose", "gateway", "condition", "expires", "proof_expires")
    list_filter = (GatewayFilter,)
    list_select_related = ("user",)
    search_fields = ("user",)
    search_help_text = "A user, by name, its beginning, or primary key"
    fields = ("whose", "gateway", "condition", "expires", "proof_expires", "used_by")

    def get_queryset(self, request: HttpRequest) -> Any:
        rows = super().get_queryset(request)
        return rows.defer("digest", "auth_hash", "session_hash")

    def walk(self, request: HttpRequest, text: str) -> Walk:
        if not text:
            return super().walk(request, text)
        found = of_users(text)
        is_filtered = self.is_filtered(request)
        return replace(found, order=("-pk",), count="pk", is_filtered=is_filtered)

    @admin.display(description="user")
    def whose(self, ticket: Ticket) -> str:
        return str(ticket.user)

    @admin.display(description="state")
    def condition(self, ticket: Ticket) -> str:
        if ticket.connection_id:
            return "used"
        return "not used" if ticket.expires_at > timezone.now() else "expired"

    @admin.display(description="expires at")
    def expires(self, ticket: Ticket) -> str | None:
        return localized(ticket.expires_at)

    @admin.display(description="log-in holds until")
    def proof_expires(self, ticket: Ticket) -> str | None:
        return localized(ticket.proof_expires_at)

    @admin.display(description="used by connection")
    def used_by(self, ticket: Ticket) -> str:
        return ticket.connection_id or "-"
