"""Gives out tickets: proofs of identity for handshakes that carry no cookie."""

from datetime import datetime
from typing import Any

from asgiref.sync import sync_to_async

from wsrouter import conf
from wsrouter.auth import ticket_store
from wsrouter.errors import TooManyTickets
from wsrouter.identity import proven
from wsrouter.registry.rate_counter import CacheCounter

__all__ = ["aissue", "issue"]


def issue(
    user: Any,
    *,
    gateway: str = "default",
    session: Any = None,
    expires_at: datetime | None = None,
) -> dict[str, Any]:
    """A ticket for this user, as the JSON that a client gets: `ticket` and
    `expires_in`. For views of any framework that know who is asking.

    `session` (Django's) ends the ticket's connection when it ends; `expires_at` when
    the proof itself does, a JWT for example. Raises TooManyTickets, ValueError for who
    cannot log in, and ConfigurationError for an unknown gateway.
    """
    option = conf.gateway(gateway).tickets
    if not (user.is_authenticated and user.is_active):
        raise ValueError("A ticket is for an active user.")
    key = f"{gateway}:ticket:user:{user.pk}"
    if wait := CacheCounter().hit(key, option.rate):
        raise TooManyTickets(wait)
    text = ticket_store.write(
        proven(user, session=session, expires_at=expires_at),
        gateway=gateway,
        seconds=option.seconds,
    )
    return {"ticket": text, "expires_in": option.seconds}


async def aissue(user: Any, **options: Any) -> dict[str, Any]:
    """The async twin of `issue`."""
    return await sync_to_async(issue)(user, **options)
