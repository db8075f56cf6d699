"""Whether the identity behind a stored connection still holds."""

from datetime import datetime

from wsrouter.errors import MessageError, SessionEnded
from wsrouter.identity import is_current
from wsrouter.registry import compiled_lookup


def checked_row(row: compiled_lookup.Row | None) -> compiled_lookup.Row:
    """The row; raises MessageError where there is none, SessionEnded when its identity
    no longer holds."""
    if row is None:
        raise MessageError(
            "connection_unknown", "This connection is not known; connect again."
        )
    expires_at: datetime = row["expires_at"]
    has_ended = expires_at <= datetime.now(expires_at.tzinfo)
    if has_ended or row.is_user_hidden or not is_current(row.user, row["auth_hash"]):
        raise SessionEnded
    return row
