"""What logouts, logins, changed and deleted users end; `apps` listens for them."""

from typing import Any

from django.conf import settings

from wsrouter.auth import ticket_store
from wsrouter.identity import session_hashes
from wsrouter.models import OpenConnection
from wsrouter.registry import database, revocation
from wsrouter.registry.open_connections import Store
from wsrouter.wiring import ending


def logged_out(*, request: Any, user: Any, **_: Any) -> None:
    session = getattr(request, "session", None)
    if user is None or session is None or not session.session_key:
        return
    if settings.SESSION_ENGINE.endswith(".signed_cookies"):
        # Such a session has another key after every change: all of the user's end.
        ending.end_after_commit(revocation.of_sessions(user.pk))
    if settings.SECRET_KEY_FALLBACKS:
        ending.end_after_commit(revocation.of_former_key(user))
    _end_session(session.session_key)


def logged_in(*, request: Any, **_: Any) -> None:
    """Who logs in over somebody else's session ends that one, without a logout."""
    before = getattr(request, "COOKIES", {}).get(settings.SESSION_COOKIE_NAME, "")
    session = getattr(request, "session", None)
    if before and session is not None and before != session.session_key:
        _end_session(before)


def saved(*, instance: Any, created: bool, update_fields: Any, **_: Any) -> None:
    if created:
        return
    if update_fields is not None and set(update_fields) <= {"last_login"}:
        return  # every login saves it
    ending.end_after_commit(revocation.of_changed(instance))


def deleted(*, instance: Any, **_: Any) -> None:
    """The rows would go with their user; they go before, so that handlers hear it."""
    store = Store()
    rows = OpenConnection.objects.filter(user=instance.pk)
    ids = rows.values_list("connection_id", "gateway")
    taken = [gone for each in ids if (gone := store.forget(*each))]
    if taken and not database.after_commit(lambda: ending.end_removed(taken)):
        ending.end_removed(taken)


def _end_session(key: str) -> None:
    hashes = session_hashes(key)
    ticket_store.drop(hashes)
    ending.end_after_commit(revocation.of_session(hashes))
