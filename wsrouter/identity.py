"""The identity behind a connection, and whether it still holds."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from hashlib import sha256
from hmac import digest
from typing import Any, NamedTuple

from django.conf import settings
from django.contrib.auth import get_user_model
from django.contrib.auth.base_user import AbstractBaseUser
from django.contrib.auth.models import AnonymousUser
from django.contrib.sessions.backends import signed_cookies
from django.db import router
from django.utils import timezone
from django.utils.crypto import constant_time_compare, salted_hmac
from django.utils.encoding import force_bytes

from wsrouter.setting_caches import cleared_by, on_change
from wsrouter.wire import limits

__all__ = ["Identity"]

LIFETIME = timedelta(seconds=limits.LIFETIME_SECONDS, minutes=5)
"""The longest time that a row lives: API Gateway closes a connection after two hours
(AWS: "Quotas for configuring and running a WebSocket API in API Gateway"), and five
minutes are a margin."""
_SALT = "wsrouter.session"
OF_A_USER = "user:"
"""Begins the hash that stands for all sessions of a user, where Django keeps sessions
in cookies: their keys are their content, and change with it."""
_HASHES = "_wsrouter_hashes"
"""Where a session object has its key and the hashes of that."""
_DIGEST_SALT = "wsrouter.password"
DIGEST_DIGITS = 32
"""Of the SHA-256 of a password's hash: half of its bits tell any two apart."""
_DJANGO_HASH_METHODS = {
    name: getattr(AbstractBaseUser, name)
    for name in (
        "get_session_auth_hash",
        "get_session_auth_fallback_hash",
        "_get_session_auth_hash",
    )
}
MAX_PROOFS = 4096
_proofs: set[tuple[str, str]] = set()
"""Pairs of a stored password and a session hash that matched, MAX_PROOFS at most. They
save an HMAC, which is the most expensive step of a message's look-up."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Identity:
    """The user of a connection. `expires_at` (an aware datetime) ends the connection
    then; None lets it live as long as API Gateway does. wsrouter fills in `auth_hash`
    and `session_hash`, which tie the connection to the user's password and session."""

    user: Any
    expires_at: datetime | None = None
    auth_hash: str = ""
    session_hash: str = ""

    @property
    def until(self) -> datetime:
        """The time at which the connection's row expires."""
        latest = timezone.now() + LIFETIME
        return min(latest, self.expires_at) if self.expires_at else latest

    @property
    def has_expired(self) -> bool:
        return self.expires_at is not None and self.expires_at <= timezone.now()


class Login(NamedTuple):
    """What is known of a session before its identity is: the hash of its user's
    password, and the end that its row tells."""

    auth_hash: str = ""
    end: datetime | None = None


def has_row(user: Any) -> bool:
    """Whether a user is a saved one of the project's user model. A connection, and a
    ticket, refer to the user's row; a user who exists in a token only, such as
    SimpleJWT's `TokenUser`, has none."""
    is_user = isinstance(user, get_user_model())
    return is_user and primary_key(user) is not None and not user._state.adding


def primary_key(user: Any) -> Any:
    """The key of the user's row, None without one. It is not always `user.pk`: a child
    of the user model with a table of its own may have a primary key of its own."""
    model = get_user_model()
    if not isinstance(user, model):
        return user.pk
    wanted: Any = model._meta.pk
    field: Any = user._meta.pk
    while field is not wanted and field.remote_field:
        field = field.target_field
    return user.pk if field is wanted else getattr(user, wanted.attname)


def anonymous() -> Identity:
    """The identity of a client that has not logged in."""
    return Identity(user=AnonymousUser())


def identity_of(
    user: Any,
    *,
    expires_at: datetime | None = None,
    session: Any = None,
    login: Login | None = None,
) -> Identity:
    """The identity of a user. With `session`, a Django session, it ends with that; with
    `expires_at` at that time; with both, when the first of them ends. `login` is what
    is known of them already."""
    login = login or Login()
    end, session_hash = _as_use_tz_says(expires_at), ""
    if session is not None and session.session_key:
        # First: reading an ended session makes Django forget its key.
        session_hash = hashes_of(session, user)[0]
        ends = session_expiry(session, login.end)
        end = ends if end is None else min(ends, end)
    return Identity(
        user=user,
        expires_at=end,
        auth_hash=login.auth_hash or _auth_hash(user),
        session_hash=session_hash,
    )


def _auth_hash(user: Any) -> str:
    """Empty for a user without a password."""
    if not hasattr(user, "get_session_auth_hash"):
        return ""
    made: str = user.get_session_auth_hash()
    return made


def session_expiry(session: Any, stored_end: datetime | None = None) -> datetime:
    """When a session expires. Django's `get_expiry_date` counts from now, which is
    right for a session whose expiry moves with each request; for another one the expiry
    in its row is used: `stored_end`, where it was read."""
    expiry: datetime = session.get_expiry_date()
    if not _asks_for_stored_end(session):
        return expiry
    return stored_end or _stored_end(session) or expiry


def _asks_for_stored_end(session: Any) -> bool:
    """Whether it is the row of a session that knows when it ends."""
    is_fixed = isinstance(session.get("_session_expiry"), str | datetime)
    is_extended = settings.SESSION_SAVE_EVERY_REQUEST or session.modified
    return not (is_fixed or is_extended) and hasattr(session, "model")


def _stored_end(session: Any) -> datetime | None:
    rows = session.model.objects.using(router.db_for_write(session.model))
    rows = rows.filter(session_key=session.session_key)
    stored: datetime | None = rows.values_list("expire_date", flat=True).first()
    return stored


def session_hashes(session_key: str) -> list[str]:
    """The hashes under which a session key is stored: one with SECRET_KEY, which comes
    first, and one with each of its fallbacks."""
    text = session_key.encode()
    return [digest(key, text, "sha256").hex() for key in _session_hash_keys()]


@cleared_by("SECRET_KEY", "SECRET_KEY_FALLBACKS")
@cache
def _session_hash_keys() -> Sequence[bytes]:
    """Those of Django's `salted_hmac`, which would derive them again for each hash."""
    secrets = [settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS]
    return [sha256(_SALT.encode() + force_bytes(secret)).digest() for secret in secrets]


def hashes_of(session: Any, user: Any) -> list[str]:
    """The hashes of a user's session, as `session_hashes` has them."""
    if not isinstance(session, signed_cookies.SessionStore):
        return hashes_of_key(session)
    return user_hashes(primary_key(user))


def hashes_of_key(session: Any) -> list[str]:
    """The hashes of a session's key, made once for each session object."""
    key, known = session.session_key, vars(session).get(_HASHES)
    if known is None or known[0] != key:
        known = vars(session)[_HASHES] = key, session_hashes(key)
    hashes: list[str] = known[1]
    return hashes


def user_hashes(user_key: Any) -> list[str]:
    """The hashes that stand for all sessions of a user."""
    hashes = session_hashes(f"{OF_A_USER}{user_key}")
    length = len(hashes[0]) - len(OF_A_USER)
    return [OF_A_USER + name[:length] for name in hashes]


def is_current(user: Any, auth_hash: str) -> bool:
    """Whether a stored identity still holds: the account is active and its password is
    the same. A connection without a user is always current."""
    if user is None:
        return True
    if not user.is_active:
        return False
    if not auth_hash:
        return True
    can_remember = hashes_as_django(type(user))  # type: ignore[arg-type]  # a type is hashable
    proof = (user.password, auth_hash) if can_remember else None
    if proof in _proofs:
        return True
    holds = any(
        constant_time_compare(auth_hash, current) for current in _auth_hashes(user)
    )
    if holds and proof:
        _remember(proof)
    return holds


def has_auth_hash(user: Any, auth_hash: str) -> bool:
    """Whether this is the hash that the user's sessions have now, with SECRET_KEY."""
    holds = constant_time_compare(auth_hash, user.get_session_auth_hash())
    if holds and hashes_as_django(type(user)):  # type: ignore[arg-type]  # a type is hashable
        _remember((user.password, auth_hash))
    return holds


def password_digest(user: Any) -> str:
    """What the database can compare with the user's password later on: a keyed digest
    of its hash. Empty where a session does not depend on the password alone."""
    if user is None or not hashes_as_django(type(user)):  # type: ignore[arg-type]  # a type is hashable
        return ""
    keyed = f"{password_keys()[0]}{user.password}"
    return sha256(keyed.encode()).hexdigest()[:DIGEST_DIGITS]


@cleared_by("SECRET_KEY", "SECRET_KEY_FALLBACKS")
@cache
def password_keys() -> Sequence[str]:
    """The keys of password digests: that of SECRET_KEY comes first, then those of its
    fallbacks."""
    secrets = [settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS]
    return [
        salted_hmac(_DIGEST_SALT, "", secret=secret, algorithm="sha256").hexdigest()
        for secret in secrets
    ]


@cache
def hashes_as_django(kind: type[Any]) -> bool:
    """Whether a user model has Django's own hash, which depends on nothing but the
    password and SECRET_KEY."""
    return all(
        getattr(kind, name, None) is method
        for name, method in _DJANGO_HASH_METHODS.items()
    )


def _remember(proof: tuple[str, str]) -> None:
    if len(_proofs) >= MAX_PROOFS:
        _proofs.clear()
    _proofs.add(proof)


def _auth_hashes(user: Any) -> Iterable[str]:
    yield user.get_session_auth_hash()
    yield from user.get_session_auth_fallback_hash()


def _as_use_tz_says(moment: datetime | None) -> datetime | None:
    """The same moment, aware or naive as USE_TZ says, so that times can be compared."""
    if moment is None or timezone.is_aware(moment) == settings.USE_TZ:
        return moment
    if settings.USE_TZ:
        return timezone.make_aware(moment)
    return timezone.make_naive(moment)


on_change(_proofs.clear, "SECRET_KEY", "SECRET_KEY_FALLBACKS")
