"""Tickets: single-use proofs of identity for handshakes that carry no cookie."""

from datetime import datetime
from typing import Any

from asgiref.sync import sync_to_async

from wsrouter import conf
from wsrouter.auth import ticket_store
from wsrouter.errors import TooManyTickets
from wsrouter.identity import has_row, identity_of
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
    inactive or has no row in the database, and ConfigurationError for an unknown
    gateway.
    """
    option = conf.gateway(gateway).tickets
    if not (user.is_authenticated and user.is_active):
        raise ValueError("A ticket is for an active user.")
    if not has_row(user):
        raise ValueError(
            f"A ticket is for a user of the database; {type(user).__qualname__} has no"
            " row in the table of users."
        )
    key = f"{gateway}:ticket:user:{user.pk}"
    if wait := CacheCounter().hit(key, option.rate):
        raise TooManyTickets(wait)
    text = ticket_store.create(
        identity_of(user, session=session, expires_at=expires_at),
        gateway=gateway,
        seconds=option.seconds,
    )
    return {"ticket": text, "expires_in": option.seconds}


async def aissue(user: Any, **options: Any) -> dict[str, Any]:
    """The async twin of `issue`."""
    return await sync_to_async(issue)(user, **options)
