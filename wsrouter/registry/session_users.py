"""Reads the user of a session by a statement that is compiled once."""

from functools import lru_cache
from typing import Any

from wsrouter.registry import user_columns
from wsrouter.registry.compiled_query import CompiledQuery, Parameter, compiled
from wsrouter.setting_caches import cleared_by


def find(model: Any, user_key: Any, *, using: str) -> Any:
    """The user of that primary key; None without one."""
    found = _query(model, using).rows({"user_key": user_key}, using=using)
    return user_columns.user_of(model, found[0], using=using) if found else None


@cleared_by("USE_TZ", "TIME_ZONE", "DATABASES", "AUTH_USER_MODEL")
@lru_cache(maxsize=16)
def _query(model: Any, using: str) -> CompiledQuery:
    key = Parameter("user_key", model._meta.pk)
    rows = model._default_manager.using(using).filter(pk=key)
    return compiled(rows.values_list(*user_columns.names(model)), using=using)
