"""Reads all at once what a connection that was just stored depends on: its row, its
user, whether its session has ended, and what the store of sessions has of it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.contrib.auth import get_user_model
from django.db import connections
from django.db.models import Exists, F, OuterRef, Q, Subquery
from django.utils import timezone

from wsrouter.models import EndedSession, Ticket
from wsrouter.registry import compiled_lookup, user_columns
from wsrouter.registry.compiled_query import Parameter
from wsrouter.registry.database import alias

SESSION = "session_of_row"
HAS_ENDED = "has_ended"
"""Whether the row's session, or one of the others that were named, has ended lately."""
CLAIMED_SESSION = "claimed_session"
"""The session of the ticket, None where the ticket was not claimed."""
STORED_SESSION = "stored_session"
"""What the table of the sessions has; None for a session that has ended."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Asked:
    """What is read besides the row and its user. `ticket` is a digest, empty without
    one; `session_model` is None where the session is not read."""

    session_hashes: Sequence[str] = ()
    ticket: str = ""
    session_model: Any = None
    session_key: str = ""


@dataclass(frozen=True, slots=True)
class _Annotations:
    """Those for an `Asked`; the ones of equal shape are compiled once."""

    session_hashes: int
    has_ticket: bool
    session_model: Any

    def __call__(self, using: str) -> Mapping[str, Any]:
        found = {SESSION: F("session_hash"), HAS_ENDED: Exists(self._ended(using))}
        if self.has_ticket:
            tickets = Ticket.objects.using(using).filter(
                digest=Parameter("ticket"), connection_id=OuterRef("connection_id")
            )
            found[CLAIMED_SESSION] = Subquery(tickets.values("session_hash"))
        if self.session_model is not None:
            found[STORED_SESSION] = Subquery(self._session(using))
        return found

    def _ended(self, using: str) -> Any:
        names = Q(session_hash=OuterRef("session_hash"))
        for place in range(self.session_hashes):
            names |= Q(session_hash=Parameter(_hash_name(place)))
        return EndedSession.objects.using(using).filter(names)

    def _session(self, using: str) -> Any:
        rows = self.session_model.objects.using(using).filter(
            session_key=Parameter("session_key"),
            expire_date__gt=Parameter("expire_date"),
        )
        return rows.values("session_data")


def find(connection_id: str, gateway: str, asked: Asked) -> compiled_lookup.Row | None:
    """The connection with its user and what is asked; None without a row."""
    using = alias()
    added = _Annotations(
        len(asked.session_hashes), bool(asked.ticket), asked.session_model
    )
    return compiled_lookup.find(
        connection_id,
        gateway,
        using=using,
        columns=compiled_lookup.Columns(added, user_columns.unneeded(get_user_model())),
        values=_values(asked, using),
    )


def _values(asked: Asked, using: str) -> Mapping[str, Any]:
    values = {
        _hash_name(place): name for place, name in enumerate(asked.session_hashes)
    }
    if asked.ticket:
        values["ticket"] = asked.ticket
    if asked.session_model is not None:
        database, field = connections[using], asked.session_model._meta.get_field
        given = {"session_key": asked.session_key, "expire_date": timezone.now()}
        for name, value in given.items():
            values[name] = field(name).get_db_prep_value(value, database)
    return values


def _hash_name(place: int) -> str:
    return f"session_{place}"
