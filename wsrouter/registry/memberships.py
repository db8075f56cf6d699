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

T = TypeVar("T")
IDS = 500
"""Connection ids in a statement."""
NAMES = 100
"""Groups in a statement; SQLite joins 500 SELECTs at most."""


def store(row: OpenConnection, groups: Iterable[str], *, using: str) -> None:
    """Add the groups of a connection that is stored in this transaction. Its row is not
    locked: on MySQL, two `$connect` of one connection would wait for each other."""
    members = [Membership.of(row, group) for group in groups]
    Membership.objects.using(using).bulk_create(members, ignore_conflicts=True)


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
    quoted = connections[using].ops.quote_name
    where, values = f"{quoted('group')} = %s", [group]
    if gateway:
        where, values = f"{where} AND {quoted('gateway')} = %s", [group, gateway]
    return _execute(using, f"{_delete(Membership, using)} {where}", values)


def leave_all(connection_id: str, *, using: str) -> list[str]:
    """Remove a connection from all of its groups and return their names. Only for
    databases that have DELETE ... RETURNING."""
    quoted = connections[using].ops.quote_name
    where = f"{quoted('connection_id')} = %s RETURNING {quoted('group')}"
    with connections[using].cursor() as cursor:
        cursor.execute(f"{_delete(Membership, using)} {where}", [connection_id])
        return [group for (group,) in cursor.fetchall()]


def forget(connection_ids: Sequence[str], gateway: str, *, using: str) -> None:
    """Delete connections and their memberships; call it in a transaction. Connections
    are deleted first: a join at the same moment waits for that, and then finds no row.
    """
    quoted = connections[using].ops.quote_name
    where = f"{quoted('connection_id')} IN ({_places(connection_ids)})"
    where += f" AND {quoted('gateway')} = %s"
    for model in (OpenConnection, Membership):
        _execute(using, f"{_delete(model, using)} {where}", [*connection_ids, gateway])


def _insert(connection_ids: Sequence[str], groups: Sequence[str], using: str) -> int:
    statement = _insert_statement(using, len(connection_ids), len(groups))
    return _execute(using, statement, [*groups, *connection_ids])


def _remove(connection_ids: Sequence[str], groups: Sequence[str], using: str) -> int:
    quoted = connections[using].ops.quote_name
    where = f"{quoted('connection_id')} IN ({_places(connection_ids)})"
    where += f" AND {quoted('group')} IN ({_places(groups)})"
    values = [*connection_ids, *groups]
    return _execute(using, f"{_delete(Membership, using)} {where}", values)


def _execute(using: str, statement: str, values: Sequence[str]) -> int:
    with connections[using].cursor() as cursor:
        cursor.execute(statement, values)
        return int(cursor.rowcount)


def _delete(model: type[Any], using: str) -> str:
    table = connections[using].ops.quote_name(model._meta.db_table)
    return f"DELETE FROM {table} WHERE"  # noqa: S608  # quoted names


def _places(values: Sequence[str]) -> str:
    return ", ".join(["%s"] * len(values))


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
