"""Which users are online: those with an open connection, of any gateway."""

from collections.abc import Collection, Iterator
from itertools import islice
from typing import Any

from django.db.models import QuerySet
from django.utils import timezone

from wsrouter.models import OpenConnection
from wsrouter.registry.database import alias

PAGE = 1000
"""Users in a page."""
KEYS = 500
"""Users in a question: SQLite may have a limit of 999 parameters."""


def among(keys: Collection[Any]) -> set[Any]:
    """Those of these users who are online."""
    waiting, found = iter(keys), set[Any]()
    while some := list(islice(waiting, KEYS)):
        found.update(_users().filter(user__in=some).distinct())
    return found


def everyone() -> Iterator[Any]:
    """All users who are online, each once, read page by page in their order."""
    rows = _users().filter(user__isnull=False).order_by("user_id").distinct()
    page = list(rows[:PAGE])
    while page:
        yield from page
        page = list(rows.filter(user__gt=page[-1])[:PAGE])


def _users() -> "QuerySet[OpenConnection, Any]":
    rows = OpenConnection.objects.using(alias()).filter(expires_at__gt=timezone.now())
    return rows.order_by().values_list("user", flat=True)
