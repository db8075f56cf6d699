"""Queued sends: how far workers are with each. The payload needs a permission."""

from typing import Any

from django.contrib import admin
from django.db.models import BooleanField, ExpressionWrapper, QuerySet
from django.http import HttpRequest
from django.template.defaultfilters import timesince_filter

from wsrouter.admin.long_list import LongList, LongListAdmin
from wsrouter.admin.read_only import largest_unit, localized, text_box
from wsrouter.models import QueuedSend
from wsrouter.registry import send_queue

PAYLOAD = "wsrouter.view_queuedsend_payload"
MOST_NAMED = 20
"""Recipients of each kind that the page of a send names."""
FIELDS = (
    "event",
    "queued",
    "touched",
    "condition",
    "parts",
    "delivered",
    "gone",
    "failed",
    "left_out",
    "reasons",
    "stopped",
    "to",
)


class SendList(LongList):
    """Finds out the parts of the sends on one page, in one query."""

    def get_results(self, request: HttpRequest) -> None:
        super().get_results(request)
        found = send_queue.parts_of([send.pk for send in self.result_list])
        for send in self.result_list:
            send.found_parts = found.get(send.pk, send_queue.NO_PARTS)


@admin.register(QueuedSend)
class QueuedSendAdmin(LongListAdmin):
    list_display = (
        "event",
        "age",
        "condition",
        "parts",
        "delivered",
        "gone",
        "failed",
    )
    list_filter = ()

    def get_queryset(self, request: HttpRequest) -> "QuerySet[Any]":
        """A list reads neither payloads nor recipients: a send may name 100,000."""
        rows: QuerySet[Any] = super().get_queryset(request)
        stalled = ExpressionWrapper(send_queue.is_stalled(), BooleanField())
        rows = rows.annotate(is_stalled=stalled)
        return rows.defer("data", "recipients", "reasons")

    def get_changelist(self, request: HttpRequest, **_: Any) -> type[LongList]:
        return SendList

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        may_see = request.user.has_perm(PAYLOAD)
        return [*FIELDS, "payload"] if may_see else FIELDS

    @admin.display(description="age")
    def age(self, send: QueuedSend) -> str:
        return largest_unit(timesince_filter(send.queued_at))

    @admin.display(description="queued at")
    def queued(self, send: QueuedSend) -> str | None:
        return localized(send.queued_at)

    @admin.display(description="queued, or last worked on, at")
    def touched(self, send: QueuedSend) -> str | None:
        return localized(send.touched_at)

    @admin.display(description="state")
    def condition(self, send: QueuedSend) -> str:
        """As `ws_reap` sees it: what is stalled, it queues again."""
        parts = _parts(send)
        if parts.at_work:
            return "finishing" if send.fully_sliced else "at work"
        if send.is_stalled:  # type: ignore[attr-defined]
            return "stalled: ws_reap takes it up"
        if send.resume_after is not None:
            return "queued again by ws_reap"
        return "waiting for a worker"

    @admin.display(description="parts at work")
    def parts(self, send: QueuedSend) -> str:
        parts = _parts(send)
        left = f", {parts.left} left by a worker" if parts.left else ""
        return f"{parts.at_work}{left}"

    @admin.display(description="recipients")
    def to(self, send: QueuedSend) -> str:
        stored, lines = send.recipients, []
        if stored["gateway"]:
            lines.append(f"gateway: {stored['gateway']}")
        if stored["everyone"]:
            lines.append("everyone")
        for name in ("groups", "users", "connection_ids", "exclude", "exclude_users"):
            if found := stored[name]:
                more = len(found) - MOST_NAMED
                rest = f", and {more:,} more" if more > 0 else ""
                named = ", ".join(map(str, found[:MOST_NAMED]))
                lines.append(f"{name.replace('_', ' ')}: {named}{rest}")
        return "; ".join(lines)

    @admin.display(description="payload")
    def payload(self, send: QueuedSend) -> str:
        """The frame as it is posted."""
        return text_box("payload", bytes(send.data).decode())


def _parts(send: Any) -> send_queue.Parts:
    """On the list they have been found out for all rows."""
    if not hasattr(send, "found_parts"):
        found = send_queue.parts_of([send.pk])
        send.found_parts = found.get(send.pk, send_queue.NO_PARTS)
    parts: send_queue.Parts = send.found_parts
    return parts
