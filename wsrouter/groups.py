"""Groups from the outside: who is in them, and how many.

Connections whose time is over do not count. Like sending, this asks the database at
once; `connection.join` and `connection.leave` change it.
"""

from collections.abc import Iterator
from typing import Any

from asgiref.sync import sync_to_async
from django.utils import timezone

from wsrouter.models import Membership, OpenConnection
from wsrouter.registry.database import alias
from wsrouter.registry.recipients import StoredRecipients
from wsrouter.routing.group import checked_group
from wsrouter.routing.ports import Recipients


def members(group: str) -> Iterator[str]:
    """The ids of the open connections in a group, read in pages."""
    return StoredRecipients().ids(Recipients(groups=frozenset({checked_group(group)})))


def count(group: str) -> int:
    """How many open connections are in a group."""
    return int(_memberships(group).count())


def users(group: str | None = None) -> set[Any]:
    """The primary keys of the users who are online: in a group, or at all."""
    if group is None:
        rows = OpenConnection.objects.using(alias())
        known = rows.filter(expires_at__gt=timezone.now())
    else:
        known = _memberships(group)
    known = known.filter(user__isnull=False).order_by()
    return set(known.values_list("user", flat=True).distinct())


async def acount(group: str) -> int:
    return await sync_to_async(count)(group)


async def ausers(group: str | None = None) -> set[Any]:
    return await sync_to_async(users)(group)


def _memberships(group: str) -> Any:
    rows = Membership.objects.using(alias())
    return rows.filter(group=checked_group(group), expires_at__gt=timezone.now())
