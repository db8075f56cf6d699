"""What the pages of all tables have in common."""

from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.contrib import admin
from django.core.exceptions import ImproperlyConfigured
from django.http import HttpRequest
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import formats, timezone
from django.utils.html import format_html

if TYPE_CHECKING:
    _Admin = admin.ModelAdmin[Any]
else:
    _Admin = admin.ModelAdmin

BOX_ROWS = 20
"""Lines of a box that shows a payload."""


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

    def url(self, name: str, *args: Any) -> str:
        """The address of a page of this admin site."""
        return reverse(f"admin:{name}", args=args, current_app=self.admin_site.name)

    def rendered(
        self, request: HttpRequest, template: str, title: str, values: dict[str, Any]
    ) -> TemplateResponse:
        """A page of this admin site."""
        context = {**self.admin_site.each_context(request), "title": title, **values}
        request.current_app = self.admin_site.name
        return TemplateResponse(request, f"admin/wsrouter/{template}", context)


class GatewayFilter(admin.SimpleListFilter):
    """The gateways of the settings: a large table is not asked which it has."""

    title = "gateway"
    parameter_name = "gateway"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(alias, alias) for alias in aliases()]

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        value = self.value()
        return queryset if value is None else queryset.filter(gateway=value)


def aliases() -> list[str]:
    """The configured gateways; none where the setting is wrong, which a check says."""
    from wsrouter import conf

    try:
        return list(conf.gateways())
    except ImproperlyConfigured:
        return []


def localized(moment: datetime | None) -> str | None:
    """As the admin's lists write it: on the page of a row it would be in UTC."""
    if moment is None:
        return None
    return str(
        formats.localize(timezone.localtime(moment) if settings.USE_TZ else moment)
    )


def largest_unit(duration: str) -> str:
    """The first of the two units of Django's `timesince` and `timeuntil`."""
    return str(duration).partition(",")[0]


def text_box(name: str, text: str) -> str:
    """A box that shows a long text."""
    return format_html(
        '<textarea class="vLargeTextField" rows="{}" readonly'
        ' aria-label="{}">{}</textarea>',
        BOX_ROWS,
        name,
        text,
    )
