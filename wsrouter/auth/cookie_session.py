"""The Django session behind a handshake's cookie, and whether it is still stored."""

from typing import Any

from django.conf import settings
from django.contrib.auth import SESSION_KEY, get_user_model
from django.contrib.sessions.backends import signed_cookies
from django.db import router
from django.utils import timezone

from wsrouter.identity import hashes_of, session_hashes

_NUL = "\0"


def hashes(request: Any, user: Any) -> set[str]:
    """The hashes of the request's session; none without one."""
    session = getattr(request, "session", None)
    if session is None or not session.session_key:
        return set()
    return set(hashes_of(session, user))


def hashes_of_cookie(request: Any) -> list[str]:
    """The hashes of the key that the cookie names, whether or not there is such a
    session; none without a cookie."""
    key = _cookie(request)
    return session_hashes(key) if key else []


def is_read_too_early(request: Any) -> bool:
    """Whether Django has read the session, or its user, from a database that does not
    have yet what was written: that of a login a moment ago. Without DATABASE_ROUTERS
    there is no other database to read from, and nothing is asked."""
    session = getattr(request, "session", None)
    if session is None or not router.routers:
        return False
    user_key = session.get(SESSION_KEY)
    if user_key is None:
        data = _row_data(session, _cookie(request))
        return data is not None and SESSION_KEY in data
    users: Any = get_user_model()
    rows = users._default_manager.filter(pk=user_key)
    return rows.using(router.db_for_write(users)).exists() and not rows.exists()


def prepare(request: Any) -> None:
    """Let a handshake take a key for none that no session has: PostgreSQL would raise
    an error for it, so that anybody could make a handshake crash. And let it not give
    the session another key, which Django does when the session's hash was made with a
    former SECRET_KEY: no browser gets the cookie of a handshake's answer, so the page
    would be logged out."""
    session = getattr(request, "session", None)
    if session is not None:
        if _NUL in (session.session_key or ""):
            session._session_key = None
        session.cycle_key = lambda: None


def model_of(request: Any) -> Any:
    """The model of the table that has the request's session; None without one."""
    session = getattr(request, "session", None)
    if session is None or not session.session_key:
        return None
    return getattr(session, "model", None)


def is_stored(session: Any, user: Any) -> bool:
    """Whether the engine's store has the session, with this user. What a cached session
    says does not count, its table does. A session in a cookie has no store."""
    if isinstance(session, signed_cookies.SessionStore):
        return True
    return is_of(_stored_data(session), session, user)


def is_row_of(text: str | None, session: Any, user: Any) -> bool:
    """The same of what the table has under the session's key: None without a row."""
    return is_of(None if text is None else session.decode(text), session, user)


def is_of(data: Any, session: Any, user: Any) -> bool:
    """Whether stored data are those of the session of this user."""
    if data is None or session.modified:  # what is stored is older than the request
        return data is not None
    return bool(str(data.get(SESSION_KEY)) == user._meta.pk.value_to_string(user))


def _stored_data(session: Any) -> Any:
    """What is stored under the session's key; None without one."""
    if hasattr(session, "model"):
        return _row_data(session, session.session_key)
    store = type(session)(session.session_key)
    return store if store.exists(session.session_key) else None


def _row_data(session: Any, key: str) -> Any:
    """What the table of the sessions has under a key; None without a row, and where
    sessions have no table."""
    if not key or not hasattr(session, "model"):
        return None
    rows = session.model.objects.using(router.db_for_write(session.model))
    try:
        row = rows.get(session_key=key, expire_date__gt=timezone.now())
    except session.model.DoesNotExist:
        return None
    return session.decode(row.session_data)


def _cookie(request: Any) -> str:
    key = str(request.COOKIES.get(settings.SESSION_COOKIE_NAME, ""))
    return "" if _NUL in key else key
