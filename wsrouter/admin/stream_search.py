"""Streams, found by the group or the user that they are of."""

from typing import Any

from django.contrib import admin
from django.db.models import Q
from django.http import HttpRequest

from wsrouter.admin.find_users import find_users
from wsrouter.admin.read_only import aliases
from wsrouter.models import Stream
from wsrouter.registry.database import alias

MOST = 100


class KindFilter(admin.SimpleListFilter):
    """Streams of groups, or of users."""

    title = "kind"
    parameter_name = "kind"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(str(value), str(label)) for value, label in Stream.Kind.choices]

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        value = self.value()
        return queryset if value is None else queryset.filter(kind=value)


def streams_named(text: str) -> list[int]:
    """The primary keys of the streams of this group, and of the users whom the text
    finds. Indexes serve both."""
    named = Q(gateway__in=aliases(), kind__in=Stream.Kind.values, name=text)
    users = [user.pk for user in find_users(text)]
    rows = Stream.objects.using(alias()).filter(named | Q(user__in=users))
    return list(rows.order_by("pk").values_list("pk", flat=True)[:MOST])
