"""Asks once more whether an accepted handshake's identity holds, when its row can be
seen by whatever ends it: a logout that has missed the row is found here."""

from typing import Any

from django.utils import timezone

from wsrouter.auth import backends, cookie_session, ticket_store
from wsrouter.identity import is_current
from wsrouter.models import OpenConnection
from wsrouter.registry import database, ended_sessions, listed_users, transactions
from wsrouter.routing.frame import Cause, Frame
from wsrouter.routing.ports import Address
from wsrouter.wiring import ending, incoming


def confirm(frame: Frame, request: Any) -> bool:
    """Whether a connection may stay that was just stored; if not, it is forgotten. Call
    it after the commit and before the answer."""
    address = Address(
        connection_id=frame.connection_id,
        gateway=frame.gateway,
        api_id=frame.api_id,
        stage=frame.stage,
    )
    if not _holds(frame, request):
        incoming.lifecycle(frame.gateway).connection_lost(address, Cause.ENDED)
        return False

    def confirm_again() -> None:
        if not _holds(frame, request):
            ending.end_refused(address)

    # An application may have a transaction open around the endpoint.
    transactions.after_commits(confirm_again)
    return True


def _holds(frame: Frame, request: Any) -> bool:
    rows = OpenConnection.objects.using(database.alias()).select_related("user")
    rows = rows.defer("state", "user_agent").filter(connection_id=frame.connection_id)
    row = rows.filter(gateway=frame.gateway, expires_at__gt=timezone.now()).first()
    if row is None:
        return False
    if row.user is None:
        return True
    return _user_holds(row) and _session_holds(row, frame, request)


def _user_holds(row: OpenConnection) -> bool:
    listed = listed_users.listed([row.user_id])
    return bool(listed and is_current(row.user, row.auth_hash)) and backends.accept(
        row.user
    )


def _session_holds(row: OpenConnection, frame: Frame, request: Any) -> bool:
    """Of a repeated `$connect`, the row may name the session of the first one."""
    hashes = cookie_session.hashes(request, row.user)
    is_of_cookie = row.session_hash in hashes
    hashes = {row.session_hash, *hashes, *ticket_store.session_of(frame, request)}
    if ended_sessions.has_ended(hashes - {""}):
        return False
    return not is_of_cookie or cookie_session.is_stored(request.session, row.user)
