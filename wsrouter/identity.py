"""Who is connecting, and whether that still holds."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import cache
from typing import Any

from django.conf import settings
from django.contrib.auth.base_user import AbstractBaseUser
from django.contrib.auth.models import AnonymousUser
from django.utils import timezone
from django.utils.crypto import constant_time_compare, salted_hmac

from wsrouter.setting_caches import on_change
from wsrouter.wire import limits

__all__ = ["Identity"]

LIFETIME = timedelta(seconds=limits.LIFETIME_SECONDS, minutes=5)
"""API Gateway ends a connection after two hours; the rest is a margin."""
_SALT = "wsrouter.session"
_HASHING = {
    name: getattr(AbstractBaseUser, name)
    for name in (
        "get_session_auth_hash",
        "get_session_auth_fallback_hash",
        "_get_session_auth_hash",
    )
}
PROOFS = 4096
"""How many are kept at most."""
_proofs: set[tuple[str, str]] = set()
"""Pairs of password (as stored) and hash that held: an HMAC is the dearest step of a
message's look-up."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Identity:
    """A user, until when the proof of it holds (None: for as long as a connection can
    live), and what ties it to the user's password and to a session."""

    user: Any
    expires_at: datetime | None = None
    auth_hash: str = ""
    session_hash: str = ""

    @property
    def until(self) -> datetime:
        latest = timezone.now() + LIFETIME
        return min(latest, self.expires_at) if self.expires_at else latest


def anonymous() -> Identity:
    return Identity(user=AnonymousUser())


def proven(
    user: Any, *, expires_at: datetime | None = None, session: Any = None
) -> Identity:
    """The identity of a user; one from a session ends with the session."""
    identity = Identity(user=user, expires_at=_comparable(expires_at))
    if hasattr(user, "get_session_auth_hash"):
        identity = replace(identity, auth_hash=user.get_session_auth_hash())
    if session is None or not session.session_key:
        return identity
    return replace(
        identity,
        expires_at=session_end(session),
        session_hash=session_hashes(session.session_key)[0],
    )


def session_end(session: Any) -> datetime:
    """When a session ends by itself. One that does not slide ends as its row says:
    Django's `get_expiry_date` counts from now."""
    counted: datetime = session.get_expiry_date()
    fixed = isinstance(session.get("_session_expiry"), str | datetime)
    slides = settings.SESSION_SAVE_EVERY_REQUEST or session.modified
    if fixed or slides or not hasattr(session, "model"):
        return counted
    rows = session.model.objects.filter(session_key=session.session_key)
    stored: datetime | None = rows.values_list("expire_date", flat=True).first()
    return stored or counted


def session_hashes(session_key: str) -> list[str]:
    """What is kept of a session key, under the SECRET_KEY and its fallbacks."""
    secrets = [settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS]
    return [
        salted_hmac(_SALT, session_key, secret=each, algorithm="sha256").hexdigest()
        for each in secrets
    ]


def is_current(user: Any, auth_hash: str) -> bool:
    """Whether a stored identity holds: the account is active, the password the same."""
    if user is None:
        return True
    if not user.is_active:
        return False
    if not auth_hash:
        return True
    usual = _is_usual(type(user))  # type: ignore[arg-type]  # a type is hashable
    proof = (user.password, auth_hash) if usual else None
    if proof in _proofs:
        return True
    holds = any(constant_time_compare(auth_hash, each) for each in _hashes(user))
    if holds and proof:
        _keep(proof)
    return holds


@cache
def _is_usual(kind: type[Any]) -> bool:
    """Whether the hash is Django's own: of the password and the SECRET_KEY alone."""
    return all(getattr(kind, name, None) is method for name, method in _HASHING.items())


def _keep(proof: tuple[str, str]) -> None:
    if len(_proofs) >= PROOFS:
        _proofs.clear()
    _proofs.add(proof)


def _hashes(user: Any) -> Iterable[str]:
    yield user.get_session_auth_hash()
    yield from user.get_session_auth_fallback_hash()


def _comparable(moment: datetime | None) -> datetime | None:
    """With a time zone where the project has them, without where it has none."""
    if moment is None or timezone.is_aware(moment) == settings.USE_TZ:
        return moment
    if settings.USE_TZ:
        return timezone.make_aware(moment)
    return timezone.make_naive(moment)


on_change(_proofs.clear, "SECRET_KEY", "SECRET_KEY_FALLBACKS")
