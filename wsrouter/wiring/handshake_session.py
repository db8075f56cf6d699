"""The session of a handshake, read from its table by one compiled statement.

Django's own query takes several times as long, and so does a cache on the network; what
a cache says of a session would not count, since its table decides at the end of the
handshake. Django reads the session by itself wherever a project might have a say in
it, and every session that is not found here.
"""

from datetime import datetime
from typing import Any

from django.contrib.sessions.backends import cached_db, db
from django.db import router

from wsrouter.registry import session_rows

_LOADS = db.SessionStore.load, cached_db.SessionStore.load
_GET_ROW = "_get_session_from_db"
_READ = "_wsrouter_read"
"""Where a session has the text that it was read from."""


def load(session: Any) -> datetime | None:
    """Load a session that nobody has read yet. Returns when it ends; None where it is
    left to Django."""
    if not session.session_key or not _would_be_loaded_as_usual(session):
        return None
    model, using = session.model, router.db_for_read(session.model)
    if not session_rows.are_in(using, model):
        return None
    row = session_rows.find(model, session.session_key, using=using)
    if row is None:
        return None
    session._session_cache = session.decode(row.text)
    vars(session)[_READ] = row.text
    return row.end


def is_read_from(session: Any, text: str | None) -> bool:
    """Whether `load` has read the session from this text."""
    return text is not None and vars(session).get(_READ) == text


def _would_be_loaded_as_usual(session: Any) -> bool:
    """Whether Django's own methods would load the session, and have not yet."""
    kind = type(session)
    return (
        "_session_cache" not in vars(session)
        and getattr(kind, "load", None) in _LOADS
        and getattr(kind, _GET_ROW, None) is getattr(db.SessionStore, _GET_ROW)
    )
