"""The members of groups: their connection ids, their number, their users.

A connection whose time is over does not count. Every call reads the database at once;
handlers change groups with `connection.join` and `connection.leave`.
"""

from collections.abc import Iterator
from typing import Any

from asgiref.sync import sync_to_async
from django.utils import timezone

from wsrouter.models import Membership
from wsrouter.registry.database import alias
from wsrouter.registry.recipients import StoredRecipients
from wsrouter.routing.group import checked_group
from wsrouter.routing.ports import Recipients

__all__ = ["acount", "ausers", "count", "members", "users"]


def members(group: str) -> Iterator[str]:
    """The ids of the open connections in a group, read page by page. Raises
    InvalidValue for an impossible name."""
    return StoredRecipients().ids(Recipients(groups=frozenset({checked_group(group)})))


def count(group: str) -> int:
    """The number of open connections in a group. Raises InvalidValue for an impossible
    name."""
    return int(_memberships(group).count())


def users(group: str) -> set[Any]:
    """The primary keys of the users who have an open connection in a group. Raises
    InvalidValue for an impossible name. `wsrouter.connections.online_users` is for
    users in any group or none."""
    rows = _memberships(group).filter(user__isnull=False)
    return set(rows.order_by().values_list("user", flat=True).distinct())


async def acount(group: str) -> int:
    """The async twin of `count`."""
    return await sync_to_async(count)(group)


async def ausers(group: str) -> set[Any]:
    """The async twin of `users`."""
    return await sync_to_async(users)(group)


def _memberships(group: str) -> Any:
    rows = Membership.objects.using(alias())
    return rows.filter(group=checked_group(group), expires_at__gt=timezone.now())
