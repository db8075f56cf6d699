"""Removes rows of connections that ended without a `$disconnect`, resumes sends that no
worker carries out, posts kept events whose sender has died and deletes old ones, and
tells groups with presence what nobody else will tell them.

Several machines may do this at once: each row is removed, and its disconnect handlers
are run, by one of them.
"""

import logging
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import timedelta

from django.core.cache import cache
from django.utils import timezone

from wsrouter import conf, connections
from wsrouter.errors import ConnectionGone, SendError
from wsrouter.identity import LIFETIME
from wsrouter.models import OpenConnection
from wsrouter.registry import reaper_runs, revocation
from wsrouter.registry.database import alias
from wsrouter.registry.send_queue import StoredSendQueue, backlog
from wsrouter.registry.streams import retention
from wsrouter.routing.frame import Cause
from wsrouter.routing.ports import Address
from wsrouter.wiring import frame_log, outgoing, presences

IDLE_TIMEOUT = timedelta(minutes=10)
"""API Gateway closes a socket that was idle for so long (AWS: "Quotas for configuring
and running a WebSocket API in API Gateway"), and its `$disconnect` may get lost."""
_LOCK_KEY = "wsrouter:reap"
LOCK_SECONDS = 60
"""Renewed with each call to API Gateway: a machine that dies meanwhile keeps the others
waiting for no longer."""
POSTED_AFTER_SECONDS = 10.0
"""So long after SEND_SECONDS, a kept event that was not posted will not be any more."""
KEPT_EVENTS = 1000
"""Kept events that are read at once."""
POSTING_SECONDS = 60.0
"""After so long a run posts no further kept events: where API Gateway does not answer,
each of them takes SEND_SECONDS. The next run takes up the rest."""


NO_ENGINE = (
    "%d queued sends to %s wait, and nothing carries them out: the gateway whose"
    " settings they follow has no BACKGROUND any more."
)
logger = logging.getLogger("wsrouter.delivery")


@dataclass(frozen=True, kw_only=True, slots=True)
class ReapReport:
    """Numbers of connections: removed as past their `lifetime`, `ended` because their
    identity no longer holds, `checked` with API Gateway, and found `gone` by that; and
    of sends `resumed`; of kept events `posted` in place of a process that died, and
    `deleted` because they are old; `told` are groups with presence that were told who
    has come and gone. `waiting` are the sends that are not carried out yet, the oldest
    of them for `oldest_seconds`. Machines that reap at the same moment may count the
    same row."""

    lifetime: int
    ended: int
    checked: int
    gone: int
    resumed: int
    posted: int
    deleted: int
    told: int
    waiting: int
    oldest_seconds: float


def reap(*, checks: int, rate: float) -> ReapReport:
    """Remove connections that have ended and resume sends. Asks API Gateway about up to
    `checks` other connections, oldest first, `rate` of them a second."""
    reaper_runs.note()
    lifetime, ended = _remove_past_lifetime(), connections.end_stale()
    resumed, errors = _resume_sends()
    deleted, posted = _delete_kept_events(), _post_kept_events()
    # After what needs no cache, which may be away.
    checked, gone = _check_open(checks, rate) if checks else (0, 0)
    queue = backlog()
    report = ReapReport(
        lifetime=lifetime,
        ended=ended,
        checked=checked,
        gone=gone,
        resumed=resumed,
        deleted=deleted,
        told=presences.tell_all_waiting(),
        posted=posted,
        waiting=queue.sends,
        oldest_seconds=round(queue.oldest_seconds, 3),
    )
    if frame_log.is_enabled():
        frame_log.write_reap(asdict(report), has_failed=bool(errors))
    if errors:
        raise errors[0]
    return report


def _remove_past_lifetime() -> int:
    """API Gateway has closed these connections for certain, so it is not asked."""
    rows = OpenConnection.objects.using(alias())
    rows = rows.filter(connected_at__lte=timezone.now() - LIFETIME)
    count = 0
    for page in revocation.iter_expired(rows):
        for address in page:
            outgoing.forget(address, Cause.LIFETIME)
        count += len(page)
    return count


def _check_open(number: int, rate: float) -> tuple[int, int]:
    """One machine does this at a time, because the limit of calls is the account's."""
    lease = LOCK_SECONDS + 1 / rate
    if not cache.add(_LOCK_KEY, "", lease):
        return 0, 0
    results = []
    try:
        for found in iter_possibly_lost(number):
            cache.touch(_LOCK_KEY, lease)
            results.append(_is_gone(found, 1 / rate))
    finally:
        cache.delete(_LOCK_KEY)
    return len(results), sum(results)


def iter_possibly_lost(number: int) -> Iterator[Address]:
    """Up to `number` connections that are old enough to have lost a `$disconnect`,
    those that expire first coming first."""
    rows = OpenConnection.objects.using(alias()).filter(
        expires_at__gt=timezone.now(),
        stored_at__lt=timezone.now() - IDLE_TIMEOUT,
        gateway__in=conf.gateways(),
    )
    for row in rows.order_by("expires_at")[:number]:
        yield revocation.address(row)


def _is_gone(address: Address, pause: float) -> bool:
    """Ask API Gateway after `pause` seconds whether a connection is closed; remove it
    then."""
    time.sleep(pause)
    try:
        outgoing.sender().info(address)
    except ConnectionGone:
        outgoing.forget(address, Cause.GONE)
        return True
    except SendError:
        return False
    return False


def _resume_sends() -> tuple[int, list[Exception]]:
    """Queue the sends again whose workers died or whose tasks the engine lost. An
    engine that takes none is not asked again in this run; others are."""
    count, queue = 0, StoredSendQueue()
    errors, without_engine = dict[str, Exception](), Counter[str]()
    for found in queue.stalled():
        background = outgoing.sender().policy(found.gateway).background
        if background is None:
            without_engine[found.gateway] += 1
        elif found.gateway not in errors and queue.resume(found):
            try:
                background.enqueue(found.send)
                count += 1
            except Exception as error:  # noqa: BLE001  # raised at the end of the run
                queue.not_resumed(found)
                errors[found.gateway] = error
    for gateway, number in without_engine.items():
        logger.warning(NO_ENGINE, number, gateway or "all gateways")
    return count, list(errors.values())


def _post_kept_events() -> int:
    """Those that a process stored and did not post, long enough ago that it has died:
    in batches, so that a crowd of them does not fill the memory."""
    seconds = max((g.send_seconds for g in conf.gateways().values()), default=0.0)
    post, count = outgoing.sender().kept.post_overdue, 0
    until = time.monotonic() + POSTING_SECONDS
    while found := post(seconds + POSTED_AFTER_SECONDS, KEPT_EVENTS, until):
        count += found
        if found < KEPT_EVENTS:
            break
    return count


def _delete_kept_events() -> int:
    deleted = retention.delete_old()
    retention.delete_unused()
    return deleted
