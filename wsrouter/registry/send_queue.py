"""Queued sends, kept in the database of the registry."""

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import timedelta
from typing import Any, NamedTuple

from django.db import transaction
from django.db.models import Count, Min, Q, QuerySet
from django.utils import timezone

from wsrouter.delivery.background import MAX_PARALLEL_SLICES, Slice, Stalled
from wsrouter.delivery.ports import Span
from wsrouter.models import QueuedSend, QueuedSlice
from wsrouter.registry.database import alias
from wsrouter.registry.recipients import StoredRecipients
from wsrouter.routing import telemetry
from wsrouter.routing.delivery import Delivery, Report, Status
from wsrouter.routing.ports import Outgoing, Recipients

LEASE = timedelta(minutes=2)
"""Longer than a slice takes. When it has expired, the worker is assumed to be dead."""

LONGEST_WAIT = timedelta(minutes=8)
"""Between two times that a send is queued again, which no worker has come for."""

_SETS = ("connection_ids", "users", "groups", "exclude", "exclude_users")


class Parts(NamedTuple):
    """The slices of a send: those that a worker holds now, and those whose worker did
    not come back in time."""

    at_work: int
    left: int


NO_PARTS = Parts(0, 0)


class Backlog(NamedTuple):
    """The sends that are not carried out yet, and the age of the oldest in seconds."""

    sends: int
    oldest_seconds: float


class StoredSendQueue:
    """The queue in the database. `claim`, `finish_slice` and `take_delivery` are one
    transaction each, which locks the send's row."""

    def add(self, outgoing: Outgoing, data: bytes) -> int:
        row = _sends().create(
            event=outgoing.event,
            data=data,
            recipients=_as_json(outgoing.recipients),
            left_out=outgoing.left_out,
            trace=telemetry.as_text(),
            touched_at=timezone.now(),
        )
        return int(row.pk)

    def claim(self, send: int, task_id: str, size: int) -> Slice | None:
        with transaction.atomic(using=alias()):
            if (row := _locked(send)) is None:
                return None
            slice_row, is_new = _unfinished_slice(row, task_id), False
            took_over = slice_row is not None and slice_row.task_id != task_id
            if slice_row is None and not _is_full(row):
                slice_row, is_new = _new_slice(row, size), True
            if slice_row is None:
                return None
            slice_row.task_id, slice_row.leased_until = task_id, timezone.now() + LEASE
            slice_row.save(using=alias())
        return _claimed(row, slice_row, is_new=is_new, took_over=took_over)

    def finish_slice(self, done: Slice, task_id: str, report: Report) -> bool:
        with transaction.atomic(using=alias()):
            row = _locked(done.send)
            own = _slices().filter(pk=done.id, task_id=task_id)
            if row is None or not own.delete()[0]:
                return False
            row.delivered += report.delivered
            row.gone += report.gone
            row.failed += report.failed
            row.reasons = dict(Counter(row.reasons) + Counter(report.reasons))
            row.stopped = row.stopped or report.stopped
            row.save(using=alias())
        return True

    def take_delivery(self, send: int) -> Delivery | None:
        with transaction.atomic(using=alias()):
            row = _locked(send)
            if row is None or not row.fully_sliced:
                return None
            if row.slices.using(alias()).exists():
                return None
            row.delete(using=alias())
        return Delivery(event=row.event, status=Status.DONE, report=_report(row))

    def stalled(self) -> Iterable[Stalled]:
        rows = _sends().filter(is_stalled())
        live = rows.filter(slices__leased_until__gt=timezone.now())
        found = rows.exclude(pk__in=live.values("pk")).order_by("pk")
        columns = ("pk", "recipients__gateway", "touched_at", "resume_after")
        yield from map(Stalled._make, found.values_list(*columns))

    def resume(self, found: Stalled) -> bool:
        now = timezone.now()
        wait = max(LEASE, min(now - found.touched_at, LONGEST_WAIT))
        unchanged = _sends().filter(
            pk=found.send,
            touched_at=found.touched_at,
            resume_after=found.resume_after,
        )
        return bool(unchanged.update(resume_after=now + wait))

    def not_resumed(self, found: Stalled) -> None:
        same = _sends().filter(pk=found.send, touched_at=found.touched_at)
        same.update(resume_after=found.resume_after)


def backlog() -> Backlog:
    """What the workers have before them."""
    found = _sends().aggregate(sends=Count("pk"), oldest=Min("queued_at"))
    if found["oldest"] is None:
        return Backlog(0, 0.0)
    age = (timezone.now() - found["oldest"]).total_seconds()
    return Backlog(found["sends"], max(0.0, age))


def is_stalled() -> Q:
    """Of the row of a send that no task holds a slice of. A time that no clock here can
    have written was written by a wrong one, and does not count."""
    now = timezone.now()
    is_old = Q(touched_at__lt=now - LEASE) | Q(touched_at__gt=now + LEASE)
    is_due = Q(resume_after__lte=now) | Q(resume_after__gt=now + 2 * LONGEST_WAIT)
    return is_old & (Q(resume_after=None) | is_due)


def parts_of(sends: Sequence[int]) -> dict[int, Parts]:
    """The parts of sends, by their numbers; without those that have none."""
    is_held = Q(leased_until__gt=timezone.now())
    rows = _slices().filter(send__in=sends).order_by().values("send")
    counted = rows.annotate(
        at_work=Count("pk", filter=is_held), left=Count("pk", filter=~is_held)
    )
    return {row["send"]: Parts(row["at_work"], row["left"]) for row in counted}


def _sends() -> "QuerySet[QueuedSend]":
    return QueuedSend.objects.using(alias())


def _slices() -> "QuerySet[QueuedSlice]":
    return QueuedSlice.objects.using(alias())


def _locked(send: int) -> QueuedSend | None:
    """The queue's row, locked until the transaction ends; None when it was deleted."""
    touched = {"touched_at": timezone.now(), "resume_after": None}
    if not _sends().filter(pk=send).update(**touched):
        return None
    return _sends().get(pk=send)


def _unfinished_slice(row: QueuedSend, task_id: str) -> QueuedSlice | None:
    """A slice that this task claimed in an earlier run, or one of another task whose
    lease has expired."""
    slices = _slices().filter(send=row).order_by("pk")
    own = slices.filter(task_id=task_id).first()
    return own or slices.filter(leased_until__lte=timezone.now()).first()


def _is_full(row: QueuedSend) -> bool:
    if row.fully_sliced:
        return True
    return _slices().filter(send=row).count() >= MAX_PARALLEL_SLICES


def _new_slice(row: QueuedSend, size: int) -> QueuedSlice | None:
    """The next slice of the send, not saved yet. When no recipient is left, the send is
    marked as fully sliced, and None is returned."""
    previous = Span(group_index=row.group_index, last=row.last_connection_id)
    span = StoredRecipients().next_span(_recipients(row), size, previous)
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


def _claimed(
    row: QueuedSend, slice_row: QueuedSlice, *, is_new: bool, took_over: bool
) -> Slice:
    span = Span(
        group_index=slice_row.group_index,
        after=slice_row.after_connection_id,
        last=slice_row.last_connection_id or None,
    )
    is_first = is_new and span.group_index == 0 and span.after == ""
    is_first_of_several = is_first and span.last is not None
    return Slice(
        id=int(slice_row.pk),
        send=int(row.pk),
        event=row.event,
        data=bytes(row.data),
        recipients=_recipients(row),
        span=span,
        more_tasks=MAX_PARALLEL_SLICES - 1 if is_first_of_several else int(took_over),
        trace=row.trace,
    )


def _as_json(recipients: Recipients) -> dict[str, Any]:
    return {
        "connection_ids": sorted(recipients.connection_ids),
        "users": sorted(map(str, recipients.users)),
        "groups": sorted(recipients.groups),
        "everyone": recipients.everyone,
        "exclude": sorted(recipients.exclude),
        "exclude_users": sorted(map(str, recipients.exclude_users)),
        "gateway": recipients.gateway,
    }


def _recipients(row: QueuedSend) -> Recipients:
    stored = row.recipients
    sets = {name: frozenset(stored[name]) for name in _SETS}
    return Recipients(**{**stored, **sets})


def _report(row: QueuedSend) -> Report:
    return Report(
        delivered=row.delivered,
        gone=row.gone,
        failed=row.failed,
        left_out=row.left_out,
        reasons=row.reasons,
        stopped=row.stopped,
    )
