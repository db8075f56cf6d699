"""Changes of group memberships, one hand-written SQL statement for each.

Joining locks the connection's row: a `$disconnect` at the same moment either removes
the new membership too, or has removed the row before and nothing is inserted.
"""

from collections.abc import Sequence
from functools import cache
from typing import Any

from django.db import connections
from django.db.models.constants import OnConflict

from wsrouter.models import Membership, OpenConnection


def join(connection_id: str, group: str, *, using: str) -> None:
    """Add a connection to a group; does nothing when the connection is closed or in the
    group already."""
    _execute(using, _insert_statement(using), [group, connection_id])


def leave(connection_id: str, group: str, *, using: str) -> None:
    """Remove a connection from a group; does nothing when it is not in the group."""
    quoted = connections[using].ops.quote_name
    where = f"{quoted('connection_id')} = %s AND {quoted('group')} = %s"
    _execute(using, f"{_delete(Membership, using)} {where}", [connection_id, group])


def leave_all(connection_id: str, *, using: str) -> list[str]:
    """Remove a connection from all of its groups and return their names. Only for
    databases that have DELETE ... RETURNING."""
    quoted = connections[using].ops.quote_name
    where = f"{quoted('connection_id')} = %s RETURNING {quoted('group')}"
    with connections[using].cursor() as cursor:
        cursor.execute(f"{_delete(Membership, using)} {where}", [connection_id])
        return [group for (group,) in cursor.fetchall()]


def remove(connection_ids: Sequence[str], gateway: str, *, using: str) -> None:
    """Delete connections and their memberships; call it in a transaction. Connections
    are deleted first: a join at the same moment waits for that, and then finds no row.
    """
    quoted = connections[using].ops.quote_name
    placeholders = ", ".join(["%s"] * len(connection_ids))
    where = f"{quoted('connection_id')} IN ({placeholders})"
    where += f" AND {quoted('gateway')} = %s"
    for model in (OpenConnection, Membership):
        _execute(using, f"{_delete(model, using)} {where}", [*connection_ids, gateway])


def _execute(using: str, statement: str, values: Sequence[str]) -> None:
    with connections[using].cursor() as cursor:
        cursor.execute(statement, values)


def _delete(model: type[Any], using: str) -> str:
    table = connections[using].ops.quote_name(model._meta.db_table)
    return f"DELETE FROM {table} WHERE"  # noqa: S608  # quoted names


@cache
def _insert_statement(using: str) -> str:
    database = connections[using]
    quoted = database.ops.quote_name
    membership, connection = Membership._meta, OpenConnection._meta
    fields: list[Any] = [
        membership.get_field(name)
        for name in ("group", "connection", *Membership.COPIED)
    ]
    columns = [quoted(field.column) for field in fields]
    insert = database.ops.insert_statement(on_conflict=OnConflict.IGNORE)
    lock = "FOR UPDATE" if database.features.has_select_for_update else ""
    suffix = database.ops.on_conflict_suffix_sql(fields, OnConflict.IGNORE, [], [])
    return (
        f"{insert} {quoted(membership.db_table)} ({', '.join(columns)})"  # noqa: S608  # quoted names
        f" SELECT %s, {', '.join(columns[1:])} FROM {quoted(connection.db_table)}"
        f" WHERE {quoted('connection_id')} = %s {lock} {suffix}"
    )
