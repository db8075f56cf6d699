"""Reads the user of a session by a statement that is compiled once."""

from functools import lru_cache
from typing import Any

from django.db.models import Manager, QuerySet

from wsrouter.registry import listed_users, user_columns
from wsrouter.registry.compiled_query import CompiledQuery, Parameter, compiled
from wsrouter.setting_caches import cleared_by


def are_read_plainly(model: Any) -> bool:
    """Whether the user model's default manager finds users as Django's own does."""
    manager = model._default_manager
    return bool(
        listed_users.is_plain(manager)
        and type(manager).get is Manager.get
        and manager._queryset_class is QuerySet
    )


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
