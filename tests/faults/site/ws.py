"""Handlers that watch groups, and publish to them."""

import random
import secrets
import time
from contextlib import nullcontext

from django.db import transaction
from pydantic import BaseModel

from tests.faults.site import state
from wsrouter import Connection, Keep, Reject, Router

router = Router()
noted = router.event("noted", str, keep=Keep(last=100, seconds=30))


class Watched(BaseModel):
    """The rows of each group that the handler has read; `reading` names the reply."""

    reading: str
    rows: dict[str, list[int]]


@router.connect
def opened(connection: Connection) -> None:
    if not connection.user.is_authenticated:
        raise Reject(401, "Who are you?")


@router.route("watch")
def watch(payload: list[str], connection: Connection) -> Watched:
    """Reads its state before it joins, or after, in a transaction or without one."""
    joins_first, is_atomic, pause = (random.random() for _ in range(3))
    with transaction.atomic() if is_atomic < 0.5 else nullcontext():
        if joins_first < 0.5:
            join(payload, connection)
        rows = {group: state.rows("group", group) for group in payload}
        time.sleep(pause * 0.05)
        join(payload, connection)
    return Watched(reading=secrets.token_hex(6), rows=rows)


def join(groups: list[str], connection: Connection) -> None:
    for group in groups:
        connection.join(group)


@router.route("note")
def note(payload: list[str], connection: Connection) -> None:
    """Publishes after its reply."""
    excluded = [connection.user] if random.random() < 0.3 else []
    with transaction.atomic():
        text = state.record(payload, sender="django")
        noted.send(text, groups=payload, exclude=excluded)
