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

_LOCKS = {"postgresql": "FOR KEY SHARE", "mysql": "LOCK IN SHARE MODE"}


def is_deleted(user_key: Any) -> bool:
    """Whether there is no such user (any more). An anonymous user is not deleted."""
    return user_key is not None and not _rows(user_key).exists()


def must_be_kept() -> bool:
    """Whether a user has to be locked before a connection is inserted; asked outside of
    the transaction that inserts it.

    MariaDB and MySQL lock a user when they check the foreign key, after the insertion:
    a deletion would wait for the inserted row, and the check for the deletion.
    PostgreSQL checks it when the outermost transaction commits: too late for an answer
    where that is the application's.
    """
    database = connections[alias()]
    is_open = database.in_atomic_block and not is_testcase_only(database)
    return database.vendor == "mysql" or (is_open and database.vendor == "postgresql")


def keep(user_key: Any) -> bool:
    """Take the lock of the foreign key's check now: the user cannot be deleted until
    the transaction ends. False for a user who is deleted already."""
    if user_key is None:
        return True
    database = connections[alias()]
    sql, values = _rows(user_key).values("pk").query.sql_with_params()
    with database.cursor() as cursor:
        cursor.execute(f"{sql} {_LOCKS[database.vendor]}", values)
        return cursor.fetchone() is not None


def lock_for_deletion(user_key: Any) -> None:
    """Let handshakes that store a connection of this user finish, and further ones wait
    for the deletion: its DELETE would fail on a row that nobody has seen."""
    if in_transaction():
        _rows(user_key).select_for_update().values_list("pk").first()


def _rows(user_key: Any) -> "QuerySet[Any]":
    users = get_user_model()._base_manager.using(alias())
    return users.filter(pk=user_key).order_by()
