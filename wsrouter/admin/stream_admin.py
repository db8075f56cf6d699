"""The streams of kept events: what is kept of each, delete them, and new epochs."""

from typing import Any

from django.contrib import admin, messages
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.template.response import TemplateResponse
from django.utils.html import format_html

from wsrouter.admin.act_log import log_act
from wsrouter.admin.long_list import LongList, LongListAdmin
from wsrouter.admin.read_only import GatewayFilter, localized
from wsrouter.admin.stream_search import KindFilter, streams_named
from wsrouter.admin.walk import Walk
from wsrouter.models import KeptEvent, Stream
from wsrouter.registry.streams import administration, retention
from wsrouter.registry.streams.administration import Kept, kept_of

MOST_NAMED = 100
"""Streams that a confirmation names."""
FIELDS = (
    "whose",
    "gateway",
    "public_id",
    "epoch",
    "top",
    "last",
    "seconds",
    "touched_at",
    "kept_events",
    "kept_bytes",
    "oldest",
)


class StreamList(LongList):
    """Finds out what is kept of the streams on one page, in one query."""

    def get_results(self, request: HttpRequest) -> None:
        super().get_results(request)
        found = kept_of(stream.pk for stream in self.result_list)
        for stream in self.result_list:
            stream.kept = found.get(stream.pk, Kept())


@admin.register(Stream)
class StreamAdmin(LongListAdmin):
    list_display = (
        "whose",
        "gateway",
        "kept_events",
        "top",
        "oldest",
        "epoch",
        "last",
        "seconds",
    )
    list_filter = (KindFilter, GatewayFilter)
    search_fields = ("name",)
    search_help_text = "A group or a part of its name; a user by name or primary key"
    actions = ("new_epochs",)

    def walk(self, request: HttpRequest, text: str) -> Walk:
        if not text:
            return super().walk(request, text)
        is_filtered = self.is_filtered(request)
        if streams := streams_named(text):
            within = Q(pk__in=streams)
            return Walk(within=within, is_filtered=is_filtered, count="pk")
        return Walk(only=Q(name__contains=text), is_filtered=True)

    def get_queryset(self, request: HttpRequest) -> "QuerySet[Stream]":
        return super().get_queryset(request).select_related("user")

    def get_changelist(self, request: HttpRequest, **_: Any) -> type[LongList]:
        return StreamList

    @admin.display(description="stream")
    def whose(self, stream: Stream) -> str:
        is_user = stream.kind == Stream.Kind.USER and stream.user is not None
        return f"{stream.kind} {stream.user if is_user else stream.name}"

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """Whoever may see the events finds a link to them."""
        linked = request.user.has_perm("wsrouter.view_keptevent")
        link = {"kept_events": "linked_events"} if linked else {}
        return [link.get(name, name) for name in FIELDS]

    @admin.display(description="events")
    def kept_events(self, stream: Any) -> int:
        return _kept(stream).events

    @admin.display(description="events")
    def linked_events(self, stream: Any) -> str:
        page = self.url("wsrouter_keptevent_changelist")
        url = f"{page}?stream__id__exact={stream.pk}"
        return format_html('<a href="{}">{}</a>', url, self.kept_events(stream))

    @admin.display(description="bytes of payload")
    def kept_bytes(self, stream: Stream) -> str:
        size, are_all = administration.kept_bytes(stream.pk)
        return str(size) if are_all else f"more than {size}"

    @admin.display(description="oldest event")
    def oldest(self, stream: Any) -> str | None:
        return localized(_kept(stream).oldest)

    @admin.display(description="last event")
    def touched_at(self, stream: Stream) -> str | None:
        return localized(stream.touched_at)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        with_user = super().has_delete_permission(request, obj)
        return with_user or request.user.has_perm("wsrouter.delete_stream")

    def get_deleted_objects(self, objs: Any, request: HttpRequest) -> Any:
        """Without the events, of which there may be any number."""
        streams = list(objs)
        named = [str(stream) for stream in streams[:MOST_NAMED]]
        if len(streams) > MOST_NAMED:
            named.append(f"and {len(streams) - MOST_NAMED} more")
        counts = {
            str(Stream._meta.verbose_name_plural): len(streams),
            str(KeptEvent._meta.verbose_name_plural): administration.count_events(
                [stream.pk for stream in streams]
            ),
        }
        needed = set() if self.has_delete_permission(request) else {"stream"}
        return named, counts, needed, []

    def delete_model(self, request: HttpRequest, obj: Stream) -> None:
        retention.delete(obj)

    def delete_queryset(self, request: HttpRequest, queryset: Any) -> None:
        """Each in a transaction of its own, as publishers need its lock."""
        for stream in list(queryset):
            self.delete_model(request, stream)

    @admin.action(
        description="Give selected streams a new epoch", permissions=["delete"]
    )
    def new_epochs(
        self, request: HttpRequest, queryset: "QuerySet[Stream]"
    ) -> TemplateResponse | None:
        """Asks first: every client with a position in them loads its state again."""
        if request.POST.get("confirmed"):
            count = administration.renew_epochs(queryset)
            text = f"{count} {'stream' if count == 1 else 'streams'} with a new epoch."
            log_act(request, Stream, "Streams", text)
            self.message_user(request, text, messages.SUCCESS)
            return None
        context = {
            "count": queryset.count(),
            "opts": self.opts,
            "back": request.get_full_path(),
            "checkbox": ACTION_CHECKBOX_NAME,
            "selected": request.POST.getlist(ACTION_CHECKBOX_NAME),
        }
        return self.rendered(request, "stream/new_epochs.html", "New epochs", context)


def _kept(stream: Any) -> Kept:
    """On the list it has been found out for all rows."""
    if not hasattr(stream, "kept"):
        stream.kept = kept_of([stream.pk]).get(stream.pk, Kept())
    found: Kept = stream.kept
    return found
