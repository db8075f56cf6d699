"""Queued sends, kept in the database of the registry."""

from collections import Counter
from collections.abc import Iterable
from datetime import timedelta
from typing import Any

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from wsrouter.delivery.background import LANES, Slice
from wsrouter.delivery.ports import Span
from wsrouter.models import QueuedSend, QueuedSlice
from wsrouter.registry.database import alias
from wsrouter.registry.recipients import Audience
from wsrouter.routing.delivery import Delivery, Report, Status
from wsrouter.routing.ports import Outgoing, Recipients

LEASE = timedelta(minutes=2)
"""Longer than a slice takes; a worker not heard of for so long is taken for dead."""


class Ledger:
    """Every method is one transaction that holds the send's row."""

    def add(self, outgoing: Outgoing, data: bytes) -> int:
        row = _sends().create(
            event=outgoing.event,
            data=data,
            recipients=_as_json(outgoing.recipients),
            left_out=outgoing.left_out,
            touched_at=timezone.now(),
        )
        return int(row.pk)

    def claim(self, send: int, holder: str, size: int) -> Slice | None:
        with transaction.atomic(using=alias()):
            if (row := _locked(send)) is None:
                return None
            found, is_new = _begun(row, holder), False
            if found is None and not _is_full(row):
                found, is_new = _cut(row, size), True
            if found is None:
                return None
            found.task_id, found.leased_until = holder, timezone.now() + LEASE
            found.save(using=alias())
        return _claimed(row, found, is_new=is_new)

    def finish(self, done: Slice, holder: str, report: Report) -> bool:
        with transaction.atomic(using=alias()):
            row = _locked(done.send)
            mine = _slices().filter(pk=done.id, task_id=holder)
            if row is None or not mine.delete()[0]:
                return False
            row.delivered += report.delivered
            row.gone += report.gone
            row.failed += report.failed
            row.reasons = dict(Counter(row.reasons) + Counter(report.reasons))
            row.stopped = row.stopped or report.stopped
            row.save(using=alias())
        return True

    def finished(self, send: int) -> Delivery | None:
        with transaction.atomic(using=alias()):
            row = _locked(send)
            if (
                row is None
                or not row.fully_sliced
                or row.slices.using(alias()).exists()
            ):
                return None
            row.delete(using=alias())
        return Delivery(event=row.event, status=Status.DONE, report=_report(row))

    def forgotten(self) -> Iterable[tuple[int, str]]:
        """Sends that nobody works at, with their gateways: their workers died, or the
        engine lost the task."""
        long_ago = timezone.now() - LEASE
        rows = _sends().filter(touched_at__lt=long_ago)
        live = rows.filter(slices__leased_until__gt=timezone.now())
        for row in rows.exclude(pk__in=live.values("pk")).only("recipients"):
            yield int(row.pk), str(row.recipients["gateway"])


def _sends() -> "QuerySet[QueuedSend]":
    return QueuedSend.objects.using(alias())


def _slices() -> "QuerySet[QueuedSlice]":
    return QueuedSlice.objects.using(alias())


def _locked(send: int) -> QueuedSend | None:
    """Its row, which nobody else changes before the transaction ends."""
    if not _sends().filter(pk=send).update(touched_at=timezone.now()):
        return None
    return _sends().get(pk=send)


def _begun(row: QueuedSend, holder: str) -> QueuedSlice | None:
    """What this task did not finish in an earlier life, or another one in time."""
    slices = _slices().filter(send=row).order_by("pk")
    own = slices.filter(task_id=holder).first()
    return own or slices.filter(leased_until__lte=timezone.now()).first()


def _is_full(row: QueuedSend) -> bool:
    return row.fully_sliced or _slices().filter(send=row).count() >= LANES


def _cut(row: QueuedSend, size: int) -> QueuedSlice | None:
    """The next slice of the send; without one, the send is cut up."""
    behind = Span(group_index=row.group_index, last=row.last_connection_id)
    span = Audience().next_span(_wanted(row), size, behind)
    if span is None:
        row.fully_sliced = True
    elif span.last is None:
        row.group_index, row.last_connection_id = span.group_index + 1, ""
    else:
        row.group_index, row.last_connection_id = span.group_index, span.last
    row.save(using=alias())
    if span is None:
        return None
    return QueuedSlice(
        send=row,
        group_index=span.group_index,
        after_connection_id=span.after,
        last_connection_id=span.last or "",
    )


def _claimed(row: QueuedSend, found: QueuedSlice, *, is_new: bool) -> Slice:
    span = Span(
        group_index=found.group_index,
        after=found.after_connection_id,
        last=found.last_connection_id or None,
    )
    is_first = is_new and span.group_index == 0 and span.after == ""
    return Slice(
        id=int(found.pk),
        send=int(row.pk),
        data=bytes(row.data),
        recipients=_wanted(row),
        span=span,
        opens_lanes=is_first and span.last is not None,
    )


def _as_json(wanted: Recipients) -> dict[str, Any]:
    return {
        "connection_id": wanted.connection_id,
        "user": None if wanted.user is None else str(wanted.user),
        "groups": sorted(wanted.groups),
        "everyone": wanted.everyone,
        "exclude": sorted(wanted.exclude),
        "gateway": wanted.gateway,
    }


def _wanted(row: QueuedSend) -> Recipients:
    known = row.recipients
    sets = {name: frozenset(known[name]) for name in ("groups", "exclude")}
    return Recipients(**{**known, **sets})


def _report(row: QueuedSend) -> Report:
    return Report(
        delivered=row.delivered,
        gone=row.gone,
        failed=row.failed,
        left_out=row.left_out,
        reasons=row.reasons,
        stopped=row.stopped,
    )
