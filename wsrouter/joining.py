"""One statement that puts a connection into a group, as long as it is open.

The connection's row is locked by it: a `$disconnect` at the same moment removes the
membership too, or has removed the row before.
"""

from functools import cache
from typing import Any

from django.db import connections
from django.db.models.constants import OnConflict

from wsrouter.models import Membership, OpenConnection


def join(connection_id: str, group: str, *, using: str) -> None:
    """Nothing happens when the connection is closed or in the group already."""
    with connections[using].cursor() as cursor:
        cursor.execute(_statement(using), [group, connection_id])


@cache
def _statement(using: str) -> str:
    database = connections[using]
    quoted = database.ops.quote_name
    members, rows = Membership._meta, OpenConnection._meta
    fields: list[Any] = [members.get_field("group"), members.get_field("connection")]
    columns = [each.column for each in fields]
    insert = database.ops.insert_statement(on_conflict=OnConflict.IGNORE)
    lock = "FOR UPDATE" if database.features.has_select_for_update else ""
    suffix = database.ops.on_conflict_suffix_sql(fields, OnConflict.IGNORE, [], [])
    key = quoted("connection_id")
    return (
        f"{insert} {quoted(members.db_table)} ({', '.join(map(quoted, columns))})"  # noqa: S608
        f" SELECT %s, {key} FROM {quoted(rows.db_table)} WHERE {key} = %s"
        f" {lock} {suffix}"
    )
