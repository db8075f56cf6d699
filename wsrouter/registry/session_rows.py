"""Reads the row of a session by a statement that is compiled once."""

from datetime import datetime
from functools import lru_cache
from typing import Any, NamedTuple

from django.db import router
from django.utils import timezone

from wsrouter.registry import listed_users
from wsrouter.registry.compiled_query import CompiledQuery, Parameter, compiled
from wsrouter.setting_caches import cleared_by


class SessionRow(NamedTuple):
    """`text` is what the session's store has encoded."""

    text: str
    end: datetime


def are_in(using: str, model: Any) -> bool:
    """Whether the rows of sessions can be read from that database, alone or together
    with others: their table is there, and their manager finds them as Django's does."""
    is_there = router.db_for_write(model) == using
    return is_there and listed_users.finds_plainly(model.objects)


def find(model: Any, session_key: str, *, using: str) -> SessionRow | None:
    """The row of a session that has not expired, in the table of that model."""
    given = {"session_key": session_key, "now": timezone.now()}
    found = _query(model, using).rows(given, using=using)
    return SessionRow(*found[0]) if found else None


@cleared_by("USE_TZ", "TIME_ZONE", "DATABASES")
@lru_cache(maxsize=16)
def _query(model: Any, using: str) -> CompiledQuery:
    field = model._meta.get_field
    rows = model.objects.using(using).filter(
        session_key=Parameter("session_key", field("session_key")),
        expire_date__gt=Parameter("now", field("expire_date")),
    )
    return compiled(rows.values_list("session_data", "expire_date"), using=using)
