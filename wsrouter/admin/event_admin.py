"""Kept events: who got what and when. The payload is on the page of one event only."""

import json
from typing import TYPE_CHECKING, Any

from django.contrib import admin
from django.db.models import F, Q
from django.db.models.functions import Length
from django.http import HttpRequest

from wsrouter.admin.long_list import LongListAdmin
from wsrouter.admin.read_only import GatewayFilter, localized, text_box
from wsrouter.admin.stream_search import KindFilter, streams_named
from wsrouter.admin.walk import Walk
from wsrouter.models import KeptEvent
from wsrouter.registry.database import alias
from wsrouter.registry.streams.administration import moment

if TYPE_CHECKING:
    from django.db.models import QuerySet

STREAM = "stream__id__exact"
"""The parameter of an address that chooses one stream."""


@admin.register(KeptEvent)
class KeptEventAdmin(LongListAdmin):
    list_display = ("event", "whose", "gateway", "seq", "numbered", "posted_at", "size")
    list_filter = (KindFilter, GatewayFilter)
    search_fields = ("name",)
    search_help_text = "The name of a stream (a group, a user), an event, or its id"
    fields = (
        "event",
        "event_id",
        "whose",
        "gateway",
        "seq",
        "created",
        "numbered",
        "posted_at",
        "last",
        "seconds",
        "excluded",
        "size",
        "shown_payload",
    )

    def get_queryset(self, request: HttpRequest) -> "QuerySet[Any]":
        """A list does not read the payloads."""
        rows = super().get_queryset(request).defer("payload")
        sized: QuerySet[Any] = rows.annotate(bytes=Length(F("payload")))
        return sized

    def walk(self, request: HttpRequest, text: str) -> Walk:
        stream, streams = request.GET.get(STREAM), list[Any]()
        if stream or text:
            streams = [stream] if stream else streams_named(text)
        if len(streams) != 1:
            found = Q(event=text) | Q(event_id=text) | Q(name=text) if text else Q()
            is_filtered = bool(text) or self.is_filtered(request)
            return Walk(only=found, is_filtered=is_filtered)
        return Walk(
            order=("-seq",),
            within=Q(stream=streams[0]),
            is_filtered=self.is_filtered(request),
            count="seq",
        )

    def lookup_allowed(
        self, lookup: str, value: Any, request: HttpRequest | None = None
    ) -> bool:
        return lookup == STREAM or super().lookup_allowed(lookup, value)

    @admin.display(description="stream")
    def whose(self, event: KeptEvent) -> str:
        return f"{event.kind} {event.name}"

    @admin.display(description="created at")
    def created(self, event: KeptEvent) -> str | None:
        return localized(moment(event.created_ms))

    @admin.display(description="numbered at")
    def numbered(self, event: KeptEvent) -> str | None:
        return localized(moment(event.numbered_ms))

    @admin.display(description="bytes of payload")
    def size(self, event: Any) -> int:
        return int(event.bytes)

    @admin.display(description="payload")
    def shown_payload(self, event: KeptEvent) -> str:
        rows = KeptEvent.objects.using(alias()).filter(pk=event.pk)
        payload = json.loads(bytes(rows.values_list("payload", flat=True).get()))
        text = json.dumps(payload, indent=2, ensure_ascii=False)
        return text_box("payload", text)
