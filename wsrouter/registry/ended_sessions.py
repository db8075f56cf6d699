"""Sessions that have ended, by the hashes of their keys.

Ending a session adds a row in the caller's transaction. A handshake asks for it after
its own commit, and the end marks the connections' rows after its commit; so one of the
two sees the other, on every database and at every isolation level, without a lock.
"""

from collections.abc import Collection, Iterator
from datetime import timedelta

from django.db.models import QuerySet
from django.utils import timezone

from wsrouter.identity import OF_A_USER
from wsrouter.models import EndedSession
from wsrouter.registry.database import alias

REFUSED = timedelta(hours=1)
"""How long an ended session's cookie is refused, and its connections are looked for by
the sweep."""
COOKIES_REFUSED = timedelta(seconds=60)
"""How long all session cookies of a user are refused, where sessions live in cookies
and nothing tells one from the other."""
PAGE = 500


def add(session_hashes: Collection[str]) -> None:
    """Record that a session has ended, in one statement."""
    now = timezone.now()
    _rows().bulk_create(
        EndedSession(session_hash=session_hash, ended_at=now)
        for session_hash in session_hashes
    )


def has_ended(session_hashes: Collection[str]) -> bool:
    """Whether one of these sessions has ended lately."""
    named = _rows().filter(session_hash__in=[name for name in session_hashes if name])
    now = timezone.now()
    return any(
        now - ended_at < _refused(session_hash)
        for session_hash, ended_at in named.values_list("session_hash", "ended_at")
    )


def iter_recent() -> Iterator[list[str]]:
    """Pages of the hashes of sessions that have ended lately."""
    last = 0
    rows = _rows().order_by("pk")
    while page := list(rows.filter(pk__gt=last)[:PAGE]):
        last, now = page[-1].pk, timezone.now()
        yield [
            row.session_hash
            for row in page
            if now - row.ended_at < _refused(row.session_hash)
        ]


def delete_old() -> None:
    """Delete what no handshake needs to be asked for any more."""
    _rows().filter(ended_at__lte=timezone.now() - REFUSED).delete()


def _refused(session_hash: str) -> timedelta:
    return COOKIES_REFUSED if session_hash.startswith(OF_A_USER) else REFUSED


def _rows() -> "QuerySet[EndedSession]":
    return EndedSession.objects.using(alias())
