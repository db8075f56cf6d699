"""The Django session behind a handshake's cookie, and whether it is still stored."""

from typing import Any

from django.conf import settings
from django.contrib.auth import SESSION_KEY
from django.contrib.sessions.backends import signed_cookies
from django.db import router
from django.utils import timezone

from wsrouter.identity import hashes_of, session_hashes


def hashes(request: Any, user: Any) -> set[str]:
    """The hashes of the request's session; none without one."""
    session = getattr(request, "session", None)
    if session is None or not session.session_key:
        return set()
    return set(hashes_of(session, user))


def hashes_of_cookie(request: Any) -> list[str]:
    """The hashes of the key that the cookie names, whether or not there is such a
    session; none without a cookie."""
    key = request.COOKIES.get(settings.SESSION_COOKIE_NAME, "")
    return session_hashes(key) if key else []


def keep_key(request: Any) -> None:
    """Let a handshake not give the session another key, which Django does when the
    session's hash was made with a former SECRET_KEY: no browser gets the cookie of a
    handshake's answer, so the page would be logged out."""
    session = getattr(request, "session", None)
    if session is not None:
        session.cycle_key = lambda: None


def is_stored(session: Any, user: Any) -> bool:
    """Whether the engine's store has the session, with this user. What a cached session
    says does not count, its table does. A session in a cookie has no store."""
    if isinstance(session, signed_cookies.SessionStore):
        return True
    data = _stored_data(session)
    if data is None or session.modified:  # what is stored is older than the request
        return data is not None
    return bool(str(data.get(SESSION_KEY)) == user._meta.pk.value_to_string(user))


def _stored_data(session: Any) -> Any:
    """What is stored under the session's key; None without one."""
    if not hasattr(session, "model"):
        store = type(session)(session.session_key)
        return store if store.exists(session.session_key) else None
    rows = session.model.objects.using(router.db_for_write(session.model))
    rows = rows.filter(session_key=session.session_key, expire_date__gt=timezone.now())
    row = rows.first()
    return None if row is None else session.decode(row.session_data)
