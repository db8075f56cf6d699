"""Who has joined and left the groups with presence: written in the transaction of the
membership, for whoever tells the group after the commit."""

from collections.abc import Iterable, Sequence
from functools import cache

from django.db import connections

from wsrouter.models import Membership, PresenceChange
from wsrouter.registry.deleting_rows import Left
from wsrouter.registry.streams import database_clock
from wsrouter.registry.streams.database_clock import Milliseconds
from wsrouter.routing import ports


def watched(groups: Sequence[str]) -> Sequence[str]:
    """Those of the groups that have presence."""
    return ports.presences().watched(groups)


def is_any_watched() -> bool:
    """Whether any group could have presence: nothing is asked and written else."""
    return ports.presences().is_any_watched()


def add_joined(
    connection_ids: Sequence[str], groups: Sequence[str], *, using: str
) -> None:
    """These connections have joined these groups, which have presence."""
    sql = _insert_joined(using, len(connection_ids), len(groups))
    with connections[using].cursor() as cursor:
        cursor.execute(sql, [True, *connection_ids, *groups])
    ports.presences().changed(groups)


def add_left(rows: Iterable[Left], *, using: str) -> None:
    """These memberships are over, whether or not their groups have presence."""
    found = list(rows)
    groups = watched(list(dict.fromkeys(row.group for row in found)))
    if groups:
        note_left((row for row in found if row.group in groups), using=using)
        ports.presences().changed(groups)


def note_left(rows: Iterable[Left], *, using: str) -> None:
    """The same without telling."""
    PresenceChange.objects.using(using).bulk_create(
        PresenceChange(
            gateway=row.gateway,
            group=row.group,
            user_id=row.user,
            has_joined=False,
            created_ms=Milliseconds(),
        )
        for row in rows
    )


@cache
def _insert_joined(using: str, ids: int, groups: int) -> str:
    """A user's key goes from one table into the other without a way through Python."""
    q, clock = connections[using].ops.quote_name, database_clock.sql(using)
    columns = [q(name) for name in ("gateway", "group", "user_id")]
    written = ", ".join([*columns, q("has_joined"), q("created_ms")])
    return (
        f"INSERT INTO {q(PresenceChange._meta.db_table)} ({written})"  # noqa: S608  # quoted names
        f" SELECT {', '.join(columns)}, %s, {clock} FROM {q(Membership._meta.db_table)}"
        f" WHERE {q('connection_id')} IN ({', '.join(['%s'] * ids)})"
        f" AND {q('group')} IN ({', '.join(['%s'] * groups)})"
    )
