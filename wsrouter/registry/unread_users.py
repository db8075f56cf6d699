"""Inserts the connection of a user whose row nobody has read: the database looks at it
while it inserts."""

from dataclasses import replace
from functools import lru_cache
from typing import Any

from django.contrib.auth import get_user_model
from django.db import IntegrityError, connections
from django.db.models import CharField, ExpressionWrapper

from wsrouter.identity import password_keys
from wsrouter.registry import compiled_insert, cursors, password_digests
from wsrouter.registry.compiled_query import CompiledQuery, Parameter, compiled
from wsrouter.registry.database import alias
from wsrouter.registry.new_connection import NewConnection
from wsrouter.setting_caches import cleared_by

_KEY, _DIGEST = "password_key", "wsrouter_digest"


def insert(row: NewConnection) -> bool:
    """Store a row, with the digest of its user's password, in one statement. False
    where there is no such active user, or another row of that id."""
    using = alias()
    database, statement = connections[using], _statement(get_user_model(), using)
    values = {
        **statement.constants,
        **compiled_insert.columns(using).values(row, database),
        _KEY: password_keys()[0],
    }
    try:
        return cursors.changed(database, statement.sql, values) > 0
    except IntegrityError:
        return False


@cleared_by("DATABASES", "AUTH_USER_MODEL")
@lru_cache(maxsize=16)
def _statement(model: Any, using: str) -> CompiledQuery:
    users = _active_user(model, using)
    digest = connections[using].ops.quote_name(_DIGEST)
    its = compiled_insert.columns(using)
    values = its.parameters | {"password_digest": f"found.{digest}"}
    sql = (
        f"INSERT INTO {its.table} ({', '.join(its.quoted)})"  # noqa: S608  # quoted names
        f" SELECT {', '.join(values.values())} FROM ({users.sql}) AS found"
    )
    return replace(users, sql=sql)


def _active_user(model: Any, using: str) -> CompiledQuery:
    rows = model._base_manager.using(using).order_by()
    rows = rows.filter(pk=Parameter("user_id"), is_active=True)
    key = ExpressionWrapper(Parameter(_KEY), CharField())
    rows = rows.annotate(**{_DIGEST: password_digests.of(key)})
    return compiled(rows.values_list(_DIGEST), using=using)
