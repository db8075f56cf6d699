"""Tickets in the database. Only their digests are stored."""

import hashlib
import re
import secrets
from collections.abc import Collection
from datetime import timedelta
from typing import Any

from django.db import router
from django.db.models import QuerySet
from django.utils import timezone

from wsrouter.identity import Identity, primary_key
from wsrouter.models import Ticket
from wsrouter.routing.frame import Frame

_BYTES = 32
_KEPT = timedelta(seconds=60)
"""How long tickets stay beyond their expiry."""
_FORM = re.compile(r"[A-Za-z0-9_-]{43}")


class TicketDigest(str):
    """The digest of a ticket. It takes the place of the ticket in a request, so that
    no log, error mail or debug page can show the text, which may still be unused. Empty
    for a text that is no ticket."""

    __slots__ = ()


def create(identity: Identity, *, gateway: str, seconds: int) -> str:
    """Create a ticket for an identity, valid for `seconds`, and return its text.
    Tickets that have expired are deleted, a little later: see `session_of`."""
    now, text = timezone.now(), secrets.token_urlsafe(_BYTES)
    _tickets().filter(expires_at__lte=now - _KEPT).delete()
    ticket = Ticket(
        digest=_digest(text),
        user_id=primary_key(identity.user),
        auth_hash=identity.auth_hash,
        session_hash=identity.session_hash,
        gateway=gateway,
        proof_expires_at=identity.until,
        expires_at=now + timedelta(seconds=seconds),
    )
    ticket.save(using=alias(), force_insert=True)
    return text


def session_of(frame: Frame, request: Any) -> list[str]:
    """The session of the ticket that a handshake has claimed, if any. Asked after the
    handshake's commit, when the ticket may have expired."""
    digest = presented(request)
    if not digest:
        return []
    claimed = _tickets().filter(digest=digest, connection_id=frame.connection_id)
    return list(claimed.values_list("session_hash", flat=True))


def presented(request: Any) -> str:
    """The digest of the ticket that a handshake shows, empty without one."""
    if not request.META.get("QUERY_STRING"):
        return ""
    texts = request.GET.getlist("ticket")
    return _digest(texts[0]) if texts else ""


def delete(text: str) -> None:
    """Delete a ticket that must not be used."""
    _tickets().filter(digest=_digest(text)).delete()


def delete_of_user(user_key: Any) -> None:
    """Delete the tickets of a user."""
    _tickets().filter(user=user_key).delete()


def delete_of_sessions(session_hashes: Collection[str]) -> None:
    """Delete the tickets that were created in a session that has ended."""
    _tickets().filter(session_hash__in=session_hashes).delete()


def digest_of(text: str) -> TicketDigest:
    """The digest of a ticket's text, or the digest itself when `text` is one already.
    It needs neither salt nor iterations, because the text is random: there is no
    dictionary to try."""
    if isinstance(text, TicketDigest):
        return text
    if not _FORM.fullmatch(text):
        return TicketDigest()
    return TicketDigest(hashlib.sha256(text.encode()).hexdigest())


def _digest(text: str) -> str:
    return str(digest_of(text))


def alias() -> str:
    """The alias of the database that holds the tickets."""
    return router.db_for_write(Ticket)


def _tickets() -> "QuerySet[Ticket]":
    return Ticket.objects.using(alias())
