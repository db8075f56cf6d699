"""When the reaper ran last: without one, what a process has left behind stays."""

from datetime import timedelta

from django.utils import timezone

from wsrouter.models import KeptEvent, ReaperRun
from wsrouter.registry.database import alias
from wsrouter.registry.retrying import retried

EVERY = timedelta(hours=1)
"""A reaper that has not run for so long does not run."""


def note() -> None:
    """It runs now, on several machines perhaps."""
    retried(_note)


def _note() -> None:
    rows, now = ReaperRun.objects.using(alias()), timezone.now()
    if not rows.filter(pk=1).update(ran_at=now):
        rows.bulk_create([ReaperRun(pk=1, ran_at=now)], ignore_conflicts=True)


def is_needed() -> bool:
    """Whether anything is kept that it would post or delete."""
    return KeptEvent.objects.using(alias()).exists()


def is_seen() -> bool:
    """Whether it has run lately."""
    since = timezone.now() - EVERY
    return ReaperRun.objects.using(alias()).filter(ran_at__gt=since).exists()
