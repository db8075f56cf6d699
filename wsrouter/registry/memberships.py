"""Who is in which group: statements written by hand, one for each change.

Joining locks the connection's row: a `$disconnect` at the same moment removes the
membership too, or has removed the row before.
"""

from collections.abc import Sequence
from functools import cache
from typing import Any

from django.db import connections
from django.db.models.constants import OnConflict

from wsrouter.models import Membership, OpenConnection


def join(connection_id: str, group: str, *, using: str) -> None:
    """Nothing happens when the connection is closed or in the group already."""
    _execute(using, _insert(using), [group, connection_id])


def leave(connection_id: str, group: str, *, using: str) -> None:
    quoted = connections[using].ops.quote_name
    where = f"{quoted('connection_id')} = %s AND {quoted('group')} = %s"
    _execute(using, f"{_delete(Membership, using)} {where}", [connection_id, group])


def leave_all(connection_id: str, *, using: str) -> list[str]:
    """The groups that a connection was in; for databases that tell what they delete."""
    quoted = connections[using].ops.quote_name
    where = f"{quoted('connection_id')} = %s RETURNING {quoted('group')}"
    with connections[using].cursor() as cursor:
        cursor.execute(f"{_delete(Membership, using)} {where}", [connection_id])
        return [group for (group,) in cursor.fetchall()]


def remove(connection_ids: Sequence[str], gateway: str, *, using: str) -> None:
    """Take connections out of the registry and of their groups; in a transaction. The
    rows go first: who joins now waits for them, and finds none."""
    quoted = connections[using].ops.quote_name
    places = ", ".join(["%s"] * len(connection_ids))
    where = f"{quoted('connection_id')} IN ({places}) AND {quoted('gateway')} = %s"
    for model in (OpenConnection, Membership):
        _execute(using, f"{_delete(model, using)} {where}", [*connection_ids, gateway])


def _execute(using: str, statement: str, values: Sequence[str]) -> None:
    with connections[using].cursor() as cursor:
        cursor.execute(statement, values)


def _delete(model: type[Any], using: str) -> str:
    table = connections[using].ops.quote_name(model._meta.db_table)
    return f"DELETE FROM {table} WHERE"  # noqa: S608  # quoted names


@cache
def _insert(using: str) -> str:
    database = connections[using]
    quoted = database.ops.quote_name
    members, rows = Membership._meta, OpenConnection._meta
    fields: list[Any] = [
        members.get_field(each) for each in ("group", "connection", *Membership.COPIED)
    ]
    columns = [quoted(each.column) for each in fields]
    insert = database.ops.insert_statement(on_conflict=OnConflict.IGNORE)
    lock = "FOR UPDATE" if database.features.has_select_for_update else ""
    suffix = database.ops.on_conflict_suffix_sql(fields, OnConflict.IGNORE, [], [])
    return (
        f"{insert} {quoted(members.db_table)} ({', '.join(columns)})"  # noqa: S608  # quoted names
        f" SELECT %s, {', '.join(columns[1:])} FROM {quoted(rows.db_table)}"
        f" WHERE {quoted('connection_id')} = %s {lock} {suffix}"
    )
