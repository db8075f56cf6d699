"""Asks once more whether an accepted handshake's identity holds, when its row can be
seen by whatever ends it: a logout that has missed the row is found here."""

from collections.abc import Collection
from typing import Any

from django.contrib.sessions.backends import signed_cookies

from wsrouter.auth import backends, cookie_session, ticket_store
from wsrouter.errors import MessageError, SessionEnded
from wsrouter.identity import hashes_of_key
from wsrouter.registry import (
    confirmed_rows,
    database,
    ended_sessions,
    session_rows,
    transactions,
)
from wsrouter.registry.checked_row import checked_row
from wsrouter.registry.compiled_lookup import Row
from wsrouter.registry.confirmed_rows import Asked
from wsrouter.routing.frame import Cause, Frame
from wsrouter.routing.ports import Address
from wsrouter.wiring import ending, handshake_session, incoming


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
    asked = _asked(request)
    found = confirmed_rows.find(frame.connection_id, frame.gateway, asked)
    try:
        row = checked_row(found)
    except (MessageError, SessionEnded):
        return False
    if row.user is None:
        return True
    return backends.accept(row.user) and _session_holds(row, asked, frame, request)


def _asked(request: Any) -> Asked:
    """What the row's own database has of the session and the ticket."""
    session, model = getattr(request, "session", None), cookie_session.model_of(request)
    is_readable = model and session_rows.are_in(database.alias(), model)
    key = session.session_key or "" if session is not None else ""
    is_named = key and not isinstance(session, signed_cookies.SessionStore)
    is_here = ticket_store.alias() == database.alias()
    return Asked(
        session_hashes=hashes_of_key(session) if is_named else (),
        ticket=ticket_store.presented(request) if is_here else "",
        session_model=model if is_readable else None,
        session_key=key,
    )


def _session_holds(row: Row, asked: Asked, frame: Frame, request: Any) -> bool:
    """Of a repeated `$connect`, the row may name the session of the first one."""
    hashes = asked.session_hashes or cookie_session.hashes(request, row.user)
    named = row[confirmed_rows.SESSION]
    known = {named, *hashes, *_session_of_ticket(row, asked, frame, request)}
    is_in_doubt = row[confirmed_rows.HAS_ENDED] or not (
        known <= {named, *asked.session_hashes}
    )
    if is_in_doubt and ended_sessions.has_ended(known - {""}):
        return False
    return named not in hashes or _is_stored(row, asked, request)


def _session_of_ticket(
    row: Row, asked: Asked, frame: Frame, request: Any
) -> Collection[str]:
    if not asked.ticket:
        return ticket_store.session_of(frame, request)
    claimed = row[confirmed_rows.CLAIMED_SESSION]
    return () if claimed is None else (claimed,)


def _is_stored(row: Row, asked: Asked, request: Any) -> bool:
    if asked.session_model is None:
        return cookie_session.is_stored(request.session, row.user)
    session, stored = request.session, row[confirmed_rows.STORED_SESSION]
    if handshake_session.is_read_from(session, stored):
        return cookie_session.is_of(session, session, row.user)
    return cookie_session.is_row_of(stored, session, row.user)
