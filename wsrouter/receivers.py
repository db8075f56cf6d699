"""Receivers of Django's signals that end connections: a logout, a login over another
session, a changed or deleted user. `apps` connects them; `wiring.session_stores` sees
the sessions that are deleted."""

from functools import partial
from typing import Any

from django.conf import settings
from django.contrib.auth import SESSION_KEY
from django.contrib.sessions.backends import signed_cookies

from wsrouter.auth import ticket_store
from wsrouter.identity import hashes_of, primary_key, session_hashes, user_hashes
from wsrouter.models import OpenConnection
from wsrouter.registry import database, ended_sessions, revocation, user_rows
from wsrouter.registry.open_connections import ConnectionRegistry
from wsrouter.wiring import ending, session_stores


def on_logout(*, request: Any, user: Any, **_: Any) -> None:
    """End the connections of a session that Django is about to flush, where that is not
    seen: an engine without a store, or with a `flush` of its own."""
    session = getattr(request, "session", None)
    if user is None or session is None or not session.session_key:
        return
    if not session_stores.sees_flush(session):
        ending.end_session(hashes_of(session, user))


def on_login(*, request: Any, user: Any, **_: Any) -> None:
    """End the connections of a session that a login replaces. Django sends no
    `user_logged_out` for it."""
    old_key = getattr(request, "COOKIES", {}).get(settings.SESSION_COOKIE_NAME, "")
    session = getattr(request, "session", None)
    if not old_key or session is None or old_key == session.session_key:
        return
    if isinstance(session, signed_cookies.SessionStore):
        _end_signed(type(session)(old_key), user)
    elif not ended_sessions.has_ended(session_hashes(old_key)):
        ending.end_session(session_hashes(old_key))


def on_user_saved(
    *, instance: Any, created: bool, update_fields: Any, **_: Any
) -> None:
    """End the connections of a user who is inactive or hidden now, or has another
    password."""
    if created:
        return
    if update_fields is not None and set(update_fields) <= {"last_login"}:
        return  # Django saves it at every login
    ending.end_marked(partial(revocation.expire_stale_identities_of, instance))


def on_user_deleted(*, instance: Any, **_: Any) -> None:
    """End the connections of a user who is about to be deleted. Deleting the user would
    delete their rows as well, and then no disconnect handler could run."""
    key = primary_key(instance)
    ticket_store.delete_of_user(key)
    user_rows.lock_for_deletion(key)
    registry = ConnectionRegistry()
    rows = OpenConnection.objects.using(database.alias()).filter(user=key)
    ids = rows.values_list("connection_id", "gateway")
    results = [registry.forget(*connection) for connection in ids]
    removed = [result for result in results if result]
    if removed and not database.after_commit(lambda: ending.end_removed(removed)):
        ending.end_removed(removed)


def _end_signed(session: Any, user: Any) -> None:
    """The old session of a login, where sessions live in cookies: it ends when it was
    that of another user."""
    old_user = session.get(SESSION_KEY)
    if old_user and str(old_user) != str(primary_key(user)):
        ending.end_session(user_hashes(old_user))
