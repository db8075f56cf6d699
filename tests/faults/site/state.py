"""Reads and writes the state."""

import random
import secrets
from collections.abc import Iterable

from tests.faults.site.models import Sent
from tests.faults.truth import MOST_ROWS

LARGE = 10_000


def record(
    groups: Iterable[str] = (),
    users: Iterable[int] = (),
    *,
    sender: str,
    is_loose: bool = False,
) -> str:
    """Store that these groups and users are told; returns the text to send, of which
    one in ten is large, so that not every reply has room for what was missed."""
    text = secrets.token_hex(8)
    keys = [("group", name) for name in groups] + [("user", str(pk)) for pk in users]
    Sent.objects.bulk_create(
        Sent(kind=kind, name=name, text=text, sender=sender, is_loose=is_loose)
        for kind, name in keys
    )
    return text + " " * LARGE if random.random() < 0.1 else text


def rows(kind: str, name: str) -> list[int]:
    """The primary keys of the latest rows."""
    found = Sent.objects.filter(kind=kind, name=name).order_by("-pk")
    return list(found.values_list("pk", flat=True)[:MOST_ROWS])
