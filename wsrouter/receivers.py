"""Receivers of Django's signals that end connections: a logout, a login over another
session, a changed or deleted user. `apps` connects them."""

from typing import Any

from django.conf import settings

from wsrouter.auth import ticket_store
from wsrouter.identity import session_hashes
from wsrouter.models import OpenConnection
from wsrouter.registry import database, revocation
from wsrouter.registry.open_connections import ConnectionRegistry
from wsrouter.wiring import ending


def on_logout(*, request: Any, user: Any, **_: Any) -> None:
    """End the connections of the session that has ended."""
    session = getattr(request, "session", None)
    if user is None or session is None or not session.session_key:
        return
    if settings.SESSION_ENGINE.endswith(".signed_cookies"):
        # The key of such a session changes with its content and finds no connections,
        # so every connection that the user opened in any session ends.
        ending.end_after_commit(revocation.expire_user_sessions(user.pk))
    if settings.SECRET_KEY_FALLBACKS:
        ending.end_after_commit(revocation.expire_former_secret_key(user))
    _end_session(session.session_key)


def on_login(*, request: Any, **_: Any) -> None:
    """End the connections of a session that a login replaces. Django sends no
    `user_logged_out` for it."""
    old_key = getattr(request, "COOKIES", {}).get(settings.SESSION_COOKIE_NAME, "")
    session = getattr(request, "session", None)
    if old_key and session is not None and old_key != session.session_key:
        _end_session(old_key)


def on_user_saved(
    *, instance: Any, created: bool, update_fields: Any, **_: Any
) -> None:
    """End the connections of a user who is inactive now or has another password."""
    if created:
        return
    if update_fields is not None and set(update_fields) <= {"last_login"}:
        return  # Django saves it at every login
    ending.end_after_commit(revocation.expire_stale_identities_of(instance))


def on_user_deleted(*, instance: Any, **_: Any) -> None:
    """End the connections of a user who is about to be deleted. Deleting the user would
    delete their rows as well, and then no disconnect handler could run."""
    registry = ConnectionRegistry()
    rows = OpenConnection.objects.filter(user=instance.pk)
    ids = rows.values_list("connection_id", "gateway")
    results = [registry.forget(*connection) for connection in ids]
    removed = [result for result in results if result]
    if removed and not database.after_commit(lambda: ending.end_removed(removed)):
        ending.end_removed(removed)


def _end_session(key: str) -> None:
    hashes = session_hashes(key)
    ticket_store.delete_of_sessions(hashes)
    ending.end_after_commit(revocation.expire_session(hashes))
