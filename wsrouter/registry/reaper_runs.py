"""When the reaper ran last: without one, what a process has left behind stays."""

from datetime import timedelta

from django.utils import timezone

from wsrouter.models import ReaperRun
from wsrouter.registry.database import alias

EVERY = timedelta(hours=1)
"""A reaper that has not run for so long does not run."""


def note() -> None:
    """It runs now."""
    rows = ReaperRun.objects.using(alias())
    rows.update_or_create(pk=1, defaults={"ran_at": timezone.now()})


def is_seen() -> bool:
    """Whether it has run lately."""
    since = timezone.now() - EVERY
    return ReaperRun.objects.using(alias()).filter(ran_at__gt=since).exists()
