"""The rows of users that connections refer to: one may be deleted while a connection of
its is stored.

Both sides take their locks in the same order: tickets, the user, connections.
"""

from typing import Any

from django.contrib.auth import get_user_model
from django.db import connections
from django.db.models import QuerySet

from wsrouter.registry.database import alias, in_transaction
from wsrouter.registry.transactions import is_testcase_only


def is_deleted(user_key: Any) -> bool:
    """Whether there is no such user (any more). An anonymous user is not deleted."""
    return user_key is not None and not _rows(user_key).exists()


def keep(user_key: Any) -> bool:
    """Keep a user from being deleted until the open transaction ends; False when that
    has happened. Does nothing without a transaction.

    PostgreSQL checks a foreign key when the outermost transaction commits, which may be
    the application's: too late for an answer. So the lock of that check is taken now.
    """
    database = connections[alias()]
    is_open = database.in_atomic_block and not is_testcase_only(database)
    if user_key is None or not is_open or database.vendor != "postgresql":
        return True
    sql, values = _rows(user_key).values("pk").query.sql_with_params()
    with database.cursor() as cursor:
        cursor.execute(f"{sql} FOR KEY SHARE", values)
        return cursor.fetchone() is not None


def lock_for_deletion(user_key: Any) -> None:
    """Let handshakes that store a connection of this user finish, and further ones wait
    for the deletion: its DELETE would fail on a row that nobody has seen."""
    if in_transaction():
        _rows(user_key).select_for_update().values_list("pk").first()


def _rows(user_key: Any) -> "QuerySet[Any]":
    users = get_user_model()._base_manager.using(alias())
    return users.filter(pk=user_key).order_by()
