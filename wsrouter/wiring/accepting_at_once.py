"""Accepts the handshake of a session where nobody has to see its user before: the
database looks at the user while it inserts the connection, which is then confirmed as
every other one. That saves one of four statements."""

from typing import Any

from django.conf import settings
from django.contrib.auth import get_user_model
from django.contrib.auth.backends import ModelBackend
from django.contrib.sessions.backends import signed_cookies

from wsrouter.auth import cookie_session
from wsrouter.identity import identity_of
from wsrouter.registry import (
    database,
    inserting_rows,
    transactions,
    unread_users,
    user_columns,
    user_rows,
)
from wsrouter.registry.open_connections import ConnectionRegistry
from wsrouter.routing import telemetry
from wsrouter.routing.frame import Frame
from wsrouter.wiring import confirming, handshake_user, incoming
from wsrouter.wiring.handshake_user import NamedUser


def is_worth_it(frame: Frame, request: Any) -> bool:
    """Whether no handler, limit or trace sees the user of this handshake before it is
    stored. A query string may have a ticket, or a token of another library."""
    return not (
        request.META.get("QUERY_STRING")
        or telemetry.current()
        or not incoming.lifecycle(frame.gateway).asks_nobody()
    )


def accept(frame: Frame, request: Any) -> bool:
    """Whether the handshake is accepted. Where not, nothing of it is stored, and it has
    to be answered as any other."""
    if not _stores_at_once():
        return False
    cookie_session.prepare(request)
    named = handshake_user.named(request)
    if named is None or not _is_checked_by_database(named, request.session):
        return False
    identity = identity_of(None, session=request.session, login=named.login)
    if identity.has_expired:
        return False
    row = inserting_rows.row_of_key(frame, named.key, identity)
    if not unread_users.insert(row):
        return False
    if confirming.holds(frame, request):
        return True
    ConnectionRegistry().forget_all([row.connection_id], row.gateway)
    return False


def _stores_at_once() -> bool:
    is_open = transactions.is_any_open() or not database.commits_at_once()
    return not is_open and not user_rows.must_be_kept()


def _is_checked_by_database(named: NamedUser, session: Any) -> bool:
    """Whether columns alone tell if this user may log in. A session in a cookie stands
    for all of its user's, so that the user is needed; and Django renews the hash of a
    former SECRET_KEY."""
    is_usual = (
        type(named.backend).user_can_authenticate is ModelBackend.user_can_authenticate
        and user_columns.tell_all(get_user_model())
    )
    is_renewed = bool(settings.SECRET_KEY_FALLBACKS)
    is_in_cookie = isinstance(session, signed_cookies.SessionStore)
    has_hash = bool(named.login.auth_hash)
    return is_usual and has_hash and not (is_renewed or is_in_cookie)
