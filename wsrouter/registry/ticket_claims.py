"""Lets one handshake use a ticket, by statements that are written once: one on
PostgreSQL, two elsewhere."""

from collections.abc import Mapping
from dataclasses import replace
from functools import cache, lru_cache
from typing import Any

from django.contrib.auth import get_user_model
from django.db import connections, router
from django.utils import timezone

from wsrouter.identity import Identity, is_current
from wsrouter.models import Ticket
from wsrouter.registry import cursors, user_columns
from wsrouter.registry.compiled_query import CompiledQuery, Parameter, compiled
from wsrouter.routing.frame import Frame
from wsrouter.setting_caches import cleared_by

_COLUMNS = ("auth_hash", "session_hash", "proof_expires_at")


def claim(digest: str, frame: Frame) -> Identity | None:
    """Use a ticket for the frame's connection and return its identity; None when it is
    unknown, expired, for another gateway, or its user has changed. Of simultaneous
    calls one succeeds, because the database lets a single UPDATE through; the same
    connection may present the ticket again."""
    using = router.db_for_write(Ticket)
    model = get_user_model()
    found = _used(model, _values(digest, frame, using), using)
    if not found:
        return None
    auth_hash, session_hash, end, *values = found[0]
    user = user_columns.user_of(model, values, using=using)
    if not is_current(user, auth_hash):
        return None
    return Identity(
        user=user, expires_at=end, auth_hash=auth_hash, session_hash=session_hash
    )


def _used(model: Any, values: Mapping[str, Any], using: str) -> list[Any]:
    """The ticket that these values let the connection use, with its user."""
    database: Any = connections[using]
    if database.vendor == "postgresql":
        return _using_query(model, using).rows(values, using=using)
    if not cursors.changed(database, _update(using), values):
        return []
    return _claimed(model, using).rows(values, using=using)


def _values(digest: str, frame: Frame, using: str) -> Mapping[str, Any]:
    now = Ticket._meta.get_field("expires_at").get_db_prep_value(
        timezone.now(), connections[using]
    )
    return {
        "unused": "",
        "connection_id": frame.connection_id,
        "digest": str(digest),
        "gateway": frame.gateway,
        "now": now,
    }


@cleared_by("DATABASES")
@cache
def _update(using: str) -> str:
    q = connections[using].ops.quote_name
    connection_id = q("connection_id")
    return (
        f"UPDATE {q(Ticket._meta.db_table)} SET {connection_id} = %(connection_id)s"  # noqa: S608  # quoted names
        f" WHERE {q('digest')} = %(digest)s AND {q('gateway')} = %(gateway)s"
        f" AND {connection_id} IN (%(unused)s, %(connection_id)s)"
        f" AND {q('expires_at')} > %(now)s"
    )


@cleared_by("USE_TZ", "TIME_ZONE", "DATABASES", "AUTH_USER_MODEL")
@lru_cache(maxsize=16)
def _claimed(user_model: Any, using: str) -> CompiledQuery:
    """Reads a ticket with its user."""
    names = user_columns.names(user_model)
    rows = Ticket.objects.using(using).filter(digest=Parameter("digest"))
    rows = rows.values_list(*_COLUMNS, *(f"user__{name}" for name in names))
    return compiled(rows, using=using)


@cleared_by("USE_TZ", "TIME_ZONE", "DATABASES", "AUTH_USER_MODEL")
@lru_cache(maxsize=16)
def _using_query(user_model: Any, using: str) -> CompiledQuery:
    """Uses a ticket and reads it at once, as PostgreSQL can."""
    query = _claimed(user_model, using)
    update = f"{_update(using)} RETURNING {connections[using].ops.quote_name('id')}"
    return replace(
        query,
        sql=f"WITH used AS ({update}) {query.sql} AND EXISTS (SELECT 1 FROM used)",  # noqa: S608  # quoted names
        fields=dict.fromkeys(("unused", "connection_id", "digest", "gateway", "now")),
    )
