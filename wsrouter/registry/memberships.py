"""Changes of group memberships: every one is made here.

Joining locks the connection's row: a `$disconnect` at the same moment either removes
the new membership too, or has removed the row before and nothing is inserted.
"""

from collections.abc import Iterable, Iterator, Sequence
from functools import cache
from itertools import islice
from typing import Any, TypeVar

from django.db import connections, transaction
from django.db.models.constants import OnConflict

from wsrouter.models import Membership, OpenConnection
from wsrouter.registry import deleting_rows
from wsrouter.registry.deleting_rows import Conditions
from wsrouter.registry.new_connection import NewConnection
from wsrouter.registry.presence import presence_changes

T = TypeVar("T")
IDS = 500
"""Connection ids in a statement."""
NAMES = 100
"""Groups in a statement; SQLite joins 500 SELECTs at most."""


def store(
    row: NewConnection | OpenConnection, groups: Iterable[str], *, using: str
) -> None:
    """Add the groups of a connection that is stored in this transaction. Its row is not
    locked: on MySQL, two `$connect` of one connection would wait for each other."""
    names = list(groups)
    members = [Membership.of(row, group) for group in names]
    Membership.objects.using(using).bulk_create(members, ignore_conflicts=True)
    if watched := presence_changes.watched(names):
        presence_changes.add_joined([row.connection_id], watched, using=using)


def join(connection_id: str, groups: Sequence[str], *, using: str) -> None:
    """Add a connection to groups; does nothing when the connection is closed, and for
    a group that it is in already."""
    for names in _slices(groups, NAMES):
        _insert([connection_id], names, using)


def leave(connection_id: str, groups: Sequence[str], *, using: str) -> None:
    """Remove a connection from groups; does nothing when it is not in them."""
    for names in _slices(groups, NAMES):
        _remove([connection_id], names, using)


def add(group: str, connection_ids: Iterable[str], *, using: str) -> int:
    """Add connections to a group, all of them or none, and return how many were not in
    it. Their rows are locked in one order, so that two calls do not wait for each
    other."""
    ordered = sorted(connection_ids)
    with transaction.atomic(using=using):
        return sum(_insert(ids, [group], using) for ids in _slices(ordered, IDS))


def remove(group: str, connection_ids: Iterable[str], *, using: str) -> int:
    """Remove connections from a group, all of them or none, and return how many were in
    it."""
    ordered = sorted(connection_ids)
    with transaction.atomic(using=using):
        return sum(_remove(ids, [group], using) for ids in _slices(ordered, IDS))


def clear(group: str, gateway: str = "", *, using: str) -> int:
    """Remove all connections from a group, those of one gateway where it is given, and
    return how many there were."""
    conditions = {"group": [group]} | ({"gateway": [gateway]} if gateway else {})
    return _delete_members(conditions, [group], using)


def leave_all(connection_id: str, *, using: str) -> list[str]:
    """Remove a connection from all of its groups and return their names. Only for
    databases that have DELETE ... RETURNING."""
    rows = deleting_rows.delete_members({"connection_id": [connection_id]}, using)
    if presence_changes.is_any_watched():
        presence_changes.add_left(rows, using=using)
    return [row.group for row in rows]


def forget(connection_ids: Sequence[str], gateway: str, *, using: str) -> None:
    """Delete connections and their memberships; call it in a transaction. Connections
    are deleted first: a join at the same moment waits for that, and then finds no row.
    """
    conditions = {"connection_id": connection_ids, "gateway": [gateway]}
    deleting_rows.delete(OpenConnection, conditions, using)
    if presence_changes.is_any_watched():
        rows = deleting_rows.delete_members(conditions, using)
        presence_changes.add_left(rows, using=using)
    else:
        deleting_rows.delete(Membership, conditions, using)


def _insert(connection_ids: Sequence[str], groups: Sequence[str], using: str) -> int:
    watched = presence_changes.watched(groups)
    statement = _insert_statement(using, len(connection_ids), len(groups))
    values = [*groups, *connection_ids]
    if not watched:
        return _execute(using, statement, values)
    with transaction.atomic(using=using):
        if count := _execute(using, statement, values):
            presence_changes.add_joined(connection_ids, watched, using=using)
    return count


def _remove(connection_ids: Sequence[str], groups: Sequence[str], using: str) -> int:
    conditions = {"connection_id": connection_ids, "group": groups}
    return _delete_members(conditions, groups, using)


def _delete_members(conditions: Conditions, groups: Sequence[str], using: str) -> int:
    """Of these groups, of which those with presence are told."""
    if not presence_changes.watched(groups):
        return deleting_rows.delete(Membership, conditions, using)
    with transaction.atomic(using=using):
        rows = deleting_rows.delete_members(conditions, using)
        presence_changes.add_left(rows, using=using)
    return len(rows)


def _execute(using: str, statement: str, values: Sequence[str]) -> int:
    with connections[using].cursor() as cursor:
        cursor.execute(statement, values)
        return int(cursor.rowcount)


def _slices(values: Iterable[T], size: int) -> Iterator[list[T]]:
    waiting = iter(values)
    while some := list(islice(waiting, size)):
        yield some


@cache
def _insert_statement(using: str, ids: int, groups: int) -> str:
    """Of a list of connection ids and a list of groups: each with each. One of each,
    which is what most calls have, needs neither a join nor an order."""
    database = connections[using]
    quoted = database.ops.quote_name
    membership = Membership._meta
    fields: list[Any] = [
        membership.get_field(name)
        for name in ("group", "connection", *Membership.COPIED)
    ]
    columns = [quoted(field.column) for field in fields]
    insert = database.ops.insert_statement(on_conflict=OnConflict.IGNORE)
    suffix = database.ops.on_conflict_suffix_sql(fields, OnConflict.IGNORE, [], [])
    table = quoted(OpenConnection._meta.db_table)
    name, source = "%s", table
    if groups > 1:
        names = " UNION ALL ".join(["SELECT %s AS name"] * groups)
        name, source = "names.name", f"({names}) names CROSS JOIN {table}"
    order = f"ORDER BY {quoted('connection_id')}" if ids > 1 else ""
    return (
        f"{insert} {quoted(membership.db_table)} ({', '.join(columns)})"  # noqa: S608  # quoted names
        f" SELECT {name}, {', '.join(columns[1:])} FROM {source}"
        f" WHERE {quoted('connection_id')} IN ({', '.join(['%s'] * ids)})"
        f" {order} {_lock(database, table)} {suffix}"
    )


def _lock(database: Any, table: str) -> str:
    if not database.features.has_select_for_update:
        return ""
    of = (table,) if database.features.has_select_for_update_of else ()
    return str(database.ops.for_update_sql(of=of))
