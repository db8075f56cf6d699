"""Users who come back: each has a session, a ticket of wsrouter and a token of the
rival."""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.utils import timezone

BATCH = 1000
_PASSWORD = "pbkdf2_sha256$1000000${salt}$" + "x" * 44
_BACKEND = "django.contrib.auth.backends.ModelBackend"


@dataclass(frozen=True)
class Client:
    """What a browser brings with it; no two of them look alike to a rate limit."""

    number: int
    session: str
    ticket: str
    token: str

    @property
    def address(self) -> str:
        return f"10.{self.number >> 16}.{self.number >> 8 & 255}.{self.number & 255}"


def make(count: int) -> Sequence[Client]:
    """So many clients, with their rows; passwords differ, as those of users do."""
    found = [
        Client(
            number,
            secrets.token_hex(16),
            secrets.token_urlsafe(32),
            secrets.token_hex(32),
        )
        for number in range(count)
    ]
    users = _users(found)
    _sessions(found, users)
    _tickets(found, users)
    if settings.HAS_RIVAL:
        _tokens(found, users)
    return found


def reset() -> None:
    """As it was before a storm: no ticket is used, and nobody is connected but the
    connection whose messages are measured."""
    from tests.benchmarks.site import people
    from wsrouter.models import OpenConnection, Ticket

    OpenConnection.objects.exclude(connection_id=people.CONNECTION).delete()
    Ticket.objects.update(connection_id="")
    if settings.HAS_RIVAL:
        _reset_rival()


def forget() -> None:
    """The sessions in the cache; the rows go with their database."""
    import redis

    cache = settings.CACHES["default"]
    with redis.Redis.from_url(cache["LOCATION"]) as server:
        for key in server.scan_iter(f"{cache['KEY_PREFIX']}:*", BATCH):
            server.delete(key)


def _reset_rival() -> None:
    from django_aws_api_gateway_websockets import models

    from tests.benchmarks.site import people

    sessions = models.WebSocketSession.objects
    sessions.exclude(connection_id=people.CONNECTION).delete()
    models.ConnectionRateLimit.objects.all().delete()
    models.WebSocketToken.objects.update(used=False, created_at=timezone.now())


def _users(clients: Sequence[Client]) -> Sequence[Any]:
    from django.contrib.auth.models import User

    users = [
        User(
            username=f"client{each.number}",
            password=_PASSWORD.format(salt=secrets.token_hex(11)),
        )
        for each in clients
    ]
    return User.objects.bulk_create(users, batch_size=BATCH)


def _sessions(clients: Sequence[Client], users: Sequence[Any]) -> None:
    """In the table, for both engines, and in the cache."""
    from django.contrib import auth
    from django.contrib.sessions.backends.cached_db import SessionStore
    from django.contrib.sessions.models import Session
    from django.core.cache import cache

    store, expires = SessionStore(), timezone.now() + timedelta(days=14)
    contents = {
        each.session: {
            auth.SESSION_KEY: str(user.pk),
            auth.BACKEND_SESSION_KEY: _BACKEND,
            auth.HASH_SESSION_KEY: user.get_session_auth_hash(),
        }
        for each, user in zip(clients, users, strict=True)
    }
    rows = (
        Session(
            session_key=key, session_data=store.encode(content), expire_date=expires
        )
        for key, content in contents.items()
    )
    Session.objects.bulk_create(rows, batch_size=BATCH)
    prefix = store.cache_key_prefix
    cache.set_many({f"{prefix}{key}": content for key, content in contents.items()})


def _tickets(clients: Sequence[Client], users: Sequence[Any]) -> None:
    """As `tickets.issue` writes them to a user who has logged in."""
    from wsrouter.auth.ticket_store import digest_of
    from wsrouter.identity import identity_of, session_hashes
    from wsrouter.models import Ticket

    later = timezone.now() + timedelta(hours=2)
    rows = (
        Ticket(
            digest=digest_of(each.ticket),
            user=user,
            auth_hash=identity_of(user).auth_hash,
            session_hash=session_hashes(each.session)[0],
            gateway="default",
            proof_expires_at=later,
            expires_at=later,
        )
        for each, user in zip(clients, users, strict=True)
    )
    Ticket.objects.bulk_create(rows, batch_size=BATCH)


def _tokens(clients: Sequence[Client], users: Sequence[Any]) -> None:
    from django_aws_api_gateway_websockets.models import (
        WebSocketToken,
        hash_session_key,
    )

    rows = (
        WebSocketToken(
            token=each.token, user=user, session_key=hash_session_key(each.session)
        )
        for each, user in zip(clients, users, strict=True)
    )
    WebSocketToken.objects.bulk_create(rows, batch_size=BATCH)
