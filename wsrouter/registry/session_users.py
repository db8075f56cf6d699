"""Reads the user of a session, and when the session ends, by one statement that is
compiled once."""

from datetime import datetime
from functools import lru_cache
from typing import Any, NamedTuple

from django.contrib.auth import get_user_model
from django.db import router
from django.db.models import Manager, QuerySet, Subquery

from wsrouter.registry import listed_users, user_columns
from wsrouter.registry.compiled_query import CompiledQuery, Parameter, compiled
from wsrouter.setting_caches import cleared_by


class SessionUser(NamedTuple):
    """`end` is None for a session that has no row, and where it was not asked for."""

    user: Any
    end: datetime | None


def are_read_plainly() -> bool:
    """Whether the user model's default manager finds users as Django's own does."""
    manager: Any = get_user_model()._default_manager
    return (
        listed_users.is_plain(manager)
        and type(manager).get is Manager.get
        and manager._queryset_class is QuerySet
    )


def are_sessions_in(using: str, session_model: Any) -> bool:
    """Whether sessions can be read together with rows of that database: their table is
    there, and no manager hides any."""
    is_there = router.db_for_write(session_model) == using
    return is_there and listed_users.is_plain(session_model.objects)


def find(
    user_key: Any, session_key: str, session_model: Any, *, using: str
) -> SessionUser | None:
    """The user of that primary key; None without one. With a model of sessions, also
    when that session ends."""
    model = get_user_model()
    given = {"user_key": user_key, "session_key": session_key}
    found = _query(model, session_model, using).rows(given, using=using)
    if not found:
        return None
    *values, end = found[0] if session_model else (*found[0], None)
    return SessionUser(user_columns.user_of(model, values, using=using), end)


@cleared_by("USE_TZ", "TIME_ZONE", "DATABASES", "AUTH_USER_MODEL")
@lru_cache(maxsize=16)
def _query(model: Any, session_model: Any, using: str) -> CompiledQuery:
    key = Parameter("user_key", model._meta.pk)
    columns = user_columns.names(model)
    rows = model._default_manager.using(using).filter(pk=key)
    if session_model is None:
        return compiled(rows.values_list(*columns), using=using)
    sessions = session_model.objects.using(using)
    sessions = sessions.filter(session_key=Parameter("session_key"))
    end = Subquery(sessions.values("expire_date"))
    return compiled(rows.values_list(*columns, end), using=using)
