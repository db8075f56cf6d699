"""Deletes connections and memberships, in statements of one shape."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from django.db import connections
from django.db.models import Q

from wsrouter.models import Membership
from wsrouter.registry import compiled_lookup

Conditions = Mapping[str, Sequence[str]]
"""The values of columns: rows that have one of them in each."""
_RETURNED = ("gateway", "group", "user_id")


class Left(NamedTuple):
    """A membership that is over."""

    gateway: str
    group: str
    user: Any


def delete(model: type[Any], conditions: Conditions, using: str) -> int:
    """Delete rows and return their number."""
    sql, values = _delete(model, conditions, using)
    with connections[using].cursor() as cursor:
        cursor.execute(sql, values)
        return int(cursor.rowcount)


def delete_members(conditions: Conditions, using: str) -> list[Left]:
    """Delete memberships and return them; call it in a transaction."""
    database = connections[using]
    if not compiled_lookup.can_delete_returning(using):
        return _lock_and_delete(conditions, using)
    sql, values = _delete(Membership, conditions, using)
    returned = ", ".join(map(database.ops.quote_name, _RETURNED))
    with database.cursor() as cursor:
        cursor.execute(f"{sql} RETURNING {returned}", values)
        found = cursor.fetchall()
    return list(_converted(found, database))


def _lock_and_delete(conditions: Conditions, using: str) -> list[Left]:
    """The same for MySQL, which has no DELETE ... RETURNING."""
    where = Q(**{f"{_field(name)}__in": values for name, values in conditions.items()})
    rows = Membership.objects.using(using).filter(where).select_for_update()
    found = [Left(*row) for row in rows.values_list(*_RETURNED)]
    delete(Membership, conditions, using)
    return found


def _field(column: str) -> str:
    return "connection__connection_id" if column == "connection_id" else column


def _delete(
    model: type[Any], conditions: Conditions, using: str
) -> tuple[str, list[str]]:
    q = connections[using].ops.quote_name
    where = " AND ".join(
        f"{q(name)} = %s"
        if len(values) == 1
        else f"{q(name)} IN ({', '.join(['%s'] * len(values))})"
        for name, values in conditions.items()
    )
    sql = f"DELETE FROM {q(model._meta.db_table)} WHERE {where}"  # noqa: S608  # quoted names
    return sql, [value for values in conditions.values() for value in values]


def _converted(rows: Iterable[Any], database: Any) -> Iterator[Left]:
    """Users' primary keys as Django reads them: of a UUID, a database may have the
    text."""
    field: Any = Membership._meta.get_field("user")
    column = field.get_col(Membership._meta.db_table)
    converters = database.ops.get_db_converters(column)
    converters += column.get_db_converters(database)
    for gateway, group, stored in rows:
        user = stored
        for convert in converters:
            user = convert(user, column, database)
        yield Left(gateway, group, user)
