"""Tickets: single-use proofs of identity for handshakes that carry no cookie."""

from datetime import datetime
from functools import partial
from typing import Any

from asgiref.sync import sync_to_async

from wsrouter import conf
from wsrouter.auth import ticket_store
from wsrouter.errors import TooManyTickets
from wsrouter.identity import Identity, has_row, identity_of, primary_key
from wsrouter.registry import database, ended_sessions
from wsrouter.registry.rate_counter import CacheCounter

__all__ = ["aissue", "issue"]


def issue(
    user: Any,
    *,
    gateway: str = "default",
    session: Any = None,
    expires_at: datetime | None = None,
) -> dict[str, Any]:
    """Issue a ticket for `user`, as the dict that a view of any framework sends to the
    client: `ticket`, a string, and `expires_in`, in seconds.

    The connection ends with `session`, a Django session, and at `expires_at`, such as
    the expiry of a JWT. Raises TooManyTickets, ValueError when the user is anonymous,
    inactive or has no row in the database, or the session or `expires_at` is over, and
    ConfigurationError for an unknown gateway.
    """
    option = conf.gateway(gateway).tickets
    if not getattr(user, "is_authenticated", False):
        kind = type(user).__qualname__
        raise ValueError(f"A ticket is for a user who has logged in, not a {kind}.")
    if not user.is_active:
        raise ValueError("A ticket is for an active user.")
    if not has_row(user):
        raise ValueError(
            f"A ticket is for a user of the database; {type(user).__qualname__} has no"
            " row in the table of users."
        )
    key = f"{gateway}:ticket:user:{primary_key(user)}"
    if wait := CacheCounter().hit(key, option.rate):
        raise TooManyTickets(wait)
    identity = identity_of(user, session=session, expires_at=expires_at)
    if identity.has_expired:
        raise ValueError("The proof of the user, or the session, has expired.")
    text = ticket_store.create(identity, gateway=gateway, seconds=option.seconds)
    check = partial(_delete_if_ended, text, identity)
    if not database.after_commit(check) and check():
        raise ValueError("The session has ended; log in.")
    return {"ticket": text, "expires_in": option.seconds}


def _delete_if_ended(text: str, identity: Identity) -> bool:
    """Asked after the commit: what ends the session from then on finds the ticket."""
    has_ended = ended_sessions.has_ended([identity.session_hash])
    if has_ended:
        ticket_store.delete(text)
    return has_ended


async def aissue(user: Any, **options: Any) -> dict[str, Any]:
    """The async twin of `issue`."""
    return await sync_to_async(issue)(user, **options)
