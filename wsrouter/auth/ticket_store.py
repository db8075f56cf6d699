"""Tickets, kept in the database as digests."""

import hashlib
import secrets
from datetime import timedelta

from django.db import router
from django.db.models import Q, QuerySet
from django.utils import timezone

from wsrouter.identity import Identity, is_current
from wsrouter.models import Ticket
from wsrouter.routing.frame import Frame

_BYTES = 32


def write(identity: Identity, *, gateway: str, seconds: int) -> str:
    """A new ticket for this identity; those that nobody used in time are removed."""
    now, text = timezone.now(), secrets.token_urlsafe(_BYTES)
    _tickets().filter(expires_at__lte=now).delete()
    ticket = Ticket(
        digest=_digest(text),
        user=identity.user,
        auth_hash=identity.auth_hash,
        session_hash=identity.session_hash,
        gateway=gateway,
        proof_expires_at=identity.until,
        expires_at=now + timedelta(seconds=seconds),
    )
    ticket.save(using=_alias(), force_insert=True)
    return text


def claim(text: str, frame: Frame) -> Identity | None:
    """Take a ticket for one connection. However many try at once, one of them has it:
    the database lets a single UPDATE through. The same connection may try again."""
    free = Q(connection_id="") | Q(connection_id=frame.connection_id)
    mine = _tickets().filter(
        free,
        digest=_digest(text),
        gateway=frame.gateway,
        expires_at__gt=timezone.now(),
    )
    if not mine.update(connection_id=frame.connection_id):
        return None
    ticket = _tickets().select_related("user").filter(digest=_digest(text)).first()
    if ticket is None or not is_current(ticket.user, ticket.auth_hash):
        return None
    return Identity(
        user=ticket.user,
        expires_at=ticket.proof_expires_at,
        auth_hash=ticket.auth_hash,
        session_hash=ticket.session_hash,
    )


def drop(session_hashes: list[str]) -> None:
    """The tickets that were made in a session end with it."""
    _tickets().filter(session_hash__in=session_hashes).delete()


def _digest(text: str) -> str:
    """The text is random: there is nothing to guess, so no salt and no iterations."""
    return hashlib.sha256(text.encode()).hexdigest()


def _alias() -> str:
    return router.db_for_write(Ticket)


def _tickets() -> "QuerySet[Ticket]":
    return Ticket.objects.using(_alias())
