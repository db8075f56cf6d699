"""Removes what nobody removed: ended connections, lost sockets, forgotten sends.

Several machines may do this at once: a row is given to one of them only, and so are its
disconnect handlers.
"""

import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta

from django.core.cache import cache
from django.utils import timezone

from wsrouter import conf, connections
from wsrouter.errors import ConnectionGone, SendError
from wsrouter.identity import LIFETIME
from wsrouter.models import OpenConnection
from wsrouter.registry import revocation
from wsrouter.registry.database import alias
from wsrouter.registry.send_queue import StoredSendQueue
from wsrouter.routing.frame import Cause
from wsrouter.routing.ports import Address
from wsrouter.wiring import outgoing

DOUBTFUL_AGE = timedelta(minutes=10)
"""An idle socket is closed after so long; its `$disconnect` may get lost."""
_LOCK = "wsrouter:reap"
LOCK_SECONDS = 15 * 60


@dataclass(frozen=True, kw_only=True, slots=True)
class Harvest:
    """What was found and removed; `resumed` counts sends. Machines that reap at the
    same moment may count the same row."""

    lifetime: int
    ended: int
    checked: int
    gone: int
    resumed: int


def reap(*, checks: int, rate: float) -> Harvest:
    """Remove what has ended, and ask API Gateway for up to so many others, oldest
    first, at that rate a second."""
    lifetime, ended = _past_lifetime(), connections.sweep()
    checked, gone = _check(checks, rate) if checks else (0, 0)
    return Harvest(
        lifetime=lifetime, ended=ended, checked=checked, gone=gone, resumed=_resume()
    )


def _past_lifetime() -> int:
    """API Gateway has closed them: nothing has to be asked."""
    rows = OpenConnection.objects.using(alias())
    rows = rows.filter(connected_at__lte=timezone.now() - LIFETIME)
    count = 0
    for page in revocation.expired(rows):
        for address in page:
            outgoing.forget(address, Cause.LIFETIME)
        count += len(page)
    return count


def _check(number: int, rate: float) -> tuple[int, int]:
    """One machine at a time: the rate is that of the account."""
    if not cache.add(_LOCK, "", max(LOCK_SECONDS, 2 * number / rate)):
        return 0, 0
    try:
        answers = [_is_gone(each, 1 / rate) for each in doubtful(number)]
    finally:
        cache.delete(_LOCK)
    return len(answers), sum(answers)


def doubtful(number: int) -> Iterator[Address]:
    """Connections old enough to be lost, those that end soonest first."""
    rows = OpenConnection.objects.using(alias()).filter(
        expires_at__gt=timezone.now(),
        stored_at__lt=timezone.now() - DOUBTFUL_AGE,
        gateway__in=conf.gateways(),
    )
    for row in rows.order_by("expires_at")[:number]:
        yield revocation.address(row)


def _is_gone(address: Address, pause: float) -> bool:
    time.sleep(pause)
    try:
        outgoing.sender().info(address)
    except ConnectionGone:
        outgoing.forget(address, Cause.GONE)
        return True
    except SendError:
        return False
    return False


def _resume() -> int:
    """Sends whose workers died, or whose tasks the engine lost."""
    count = 0
    for send, gateway in StoredSendQueue().stalled():
        background = outgoing.sender().policy(gateway).background
        if background is not None:
            background.enqueue(send)
            count += 1
    return count
