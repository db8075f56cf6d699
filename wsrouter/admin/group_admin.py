"""The groups: a page of names, with how many connections are in each."""

from typing import Any
from urllib.parse import urlencode

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse

from wsrouter.admin.gateway_pages import VIEW
from wsrouter.admin.read_only import ReadOnlyAdmin
from wsrouter.models import Membership
from wsrouter.registry import group_list, row_counts
from wsrouter.registry.database import alias

ROWS = 50
"""Groups of a page."""


@admin.register(Membership)
class MembershipAdmin(ReadOnlyAdmin):
    """The list has the groups; which connections are in one is on their list."""

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        if not self.has_view_permission(request):
            raise PermissionDenied
        using, first = alias(), request.GET.get("from", "")
        first = first if first.isprintable() else ""  # others are no names
        names = group_list.names_from(first, ROWS + 1, using=using)
        sizes = group_list.sizes(names[:ROWS], using=using)
        context = {
            "opts": self.opts,
            "groups": [self._row(request, name, sizes[name]) for name in names[:ROWS]],
            "first": first,
            "next_url": f"?{urlencode({'from': names[ROWS]})}" if names[ROWS:] else "",
            "memberships": row_counts.counted_or_estimated(Membership, using),
        }
        return self.rendered(request, "groups.html", "Groups", context)

    def _row(self, request: HttpRequest, name: str, size: Any) -> dict[str, Any]:
        """Whoever may see connections gets a link to those of the group."""
        url = ""
        if request.user.has_perm(VIEW):
            connections = self.url("wsrouter_openconnection_changelist")
            url = f"{connections}?{urlencode({'q': f'group:{name}'})}"
        return {"name": name, "size": size, "url": url}
