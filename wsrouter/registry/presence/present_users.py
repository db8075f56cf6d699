"""Which users are in a group: read from its memberships alone."""

from collections.abc import Iterator, Sequence
from itertools import islice
from typing import Any, TypeVar

from django.contrib.auth import get_user_model
from django.db.models import Count, Q, QuerySet
from django.utils import timezone

from wsrouter.models import Membership
from wsrouter.registry.database import alias

T = TypeVar("T")
KEYS = 500
"""Users in a question: SQLite may have a limit of 999 parameters."""


def count(group: str, gateway: str = "") -> int:
    """The number of users and of anonymous connections in a group."""
    found = _live(group, gateway).aggregate(
        users=Count("user", distinct=True),
        anonymous=Count("pk", filter=Q(user__isnull=True)),
    )
    return int(found["users"] + found["anonymous"])


def connections_by_user(group: str, gateway: str = "") -> dict[Any, int]:
    """The users in a group, by primary key, each with the number of connections."""
    rows = _live(group, gateway).filter(user__isnull=False).order_by()
    return dict(rows.values_list("user").annotate(Count("pk")))


def among(keys: Sequence[Any], group: str, gateway: str) -> set[Any]:
    """Those of these users who are in a group."""
    rows = _live(group, gateway).order_by().values_list("user", flat=True)
    return {
        key for some in chunks(keys) for key in rows.filter(user__in=some).distinct()
    }


def users(keys: Sequence[Any]) -> list[Any]:
    """Those of these users who exist, in the order of their primary keys."""
    rows = get_user_model()._base_manager.using(alias())
    found = [user for some in chunks(keys) for user in rows.filter(pk__in=some)]
    return sorted(found, key=lambda user: user.pk)


def chunks(values: Sequence[T]) -> Iterator[list[T]]:
    """The values in parts that fit into one statement each."""
    waiting = iter(values)
    while some := list(islice(waiting, KEYS)):
        yield some


def _live(group: str, gateway: str) -> "QuerySet[Membership]":
    """A connection whose time is over has left, whether or not that was told."""
    rows = Membership.objects.using(alias())
    rows = rows.filter(group=group, expires_at__gt=timezone.now())
    return rows.filter(gateway=gateway) if gateway else rows
