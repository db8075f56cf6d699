"""Rows as the library writes them, in any number."""

import re
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from django.contrib.auth.models import User
from django.utils import timezone

from wsrouter.models import Membership, OpenConnection


def connections(
    number: int,
    *,
    user: User | None = None,
    groups: Sequence[str] = (),
    first: int = 0,
    minutes: float = 60,
    **values: Any,
) -> list[OpenConnection]:
    """Connections with the ids `c0000`, `c0001` and so on, that end in some minutes."""
    now = timezone.now()
    place = {"gateway": "default", "api_id": "abc123defg", "stage": "production"}
    rows = OpenConnection.objects.bulk_create(
        OpenConnection(
            connection_id=f"c{count:04}",
            user=user,
            connected_at=now - timedelta(minutes=5),
            expires_at=now + timedelta(minutes=minutes),
            **{**place, **values},
        )
        for count in range(first, first + number)
    )
    for group in groups:
        Membership.objects.bulk_create(Membership.of(row, group) for row in rows)
    return rows


def listed(page: str) -> list[str]:
    """The ids of the connections on a page, in its order."""
    body = page.partition("<tbody>")[2].partition("</tbody>")[0]
    return re.findall(r'/change/[^"]*">([^<]*)<', body)
