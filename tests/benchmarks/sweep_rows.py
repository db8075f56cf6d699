"""Fills what a sweep looks after beside connections: presence, streams, kept events."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Any

from django.db import connection
from django.db.models import Model
from django.utils import timezone

from wsrouter.models import (
    KeptEvent,
    Membership,
    PresenceChange,
    PresenceGroup,
    PresentUser,
    ReaperRun,
    Stream,
)

MODELS: Sequence[type[Model]] = (
    KeptEvent,
    Stream,
    PresenceChange,
    PresentUser,
    PresenceGroup,
)
LAST, SECONDS = 100, 7 * 24 * 3600
EVENTS = 3
_HOUR_MS = 3600_000


def fill() -> None:
    """Beside `registry_rows.fill`; nothing has ended. Each room has presence and a
    stream of three events, which were posted an hour ago."""
    rooms = Membership.objects.filter(group__startswith="room:").order_by()
    names = rooms.values_list("group", flat=True).distinct()
    _copy(PresentUser, ("gateway", "group", "user_id"), "{group} LIKE 'room:%'")
    groups = ({"group": name, "version": 1, "count": 1} for name in names)
    _insert(PresenceGroup, groups)
    _insert(Stream, map(_stream, names))
    streams = Stream.objects.all()
    _insert(KeptEvent, (event for stream in streams for event in _events(stream)))


def fill_untold() -> None:
    """As many groups that are still to be told something as there are connections."""
    values = {"group": "connection_id", "has_joined": "TRUE", "created_ms": "0"}
    columns = ("gateway", "group", "has_joined", "created_ms")
    _copy(PresenceChange, columns, "{group} = 'all'", values)


def start_anew() -> None:
    """As if the last sweep had ended just now, at the beginning of every table."""
    now = {"streams until": now_ms()}
    ReaperRun.objects.update_or_create(
        pk=1, defaults={"ran_at": timezone.now(), "positions": now}
    )


def clear() -> None:
    for model in (*MODELS, ReaperRun):
        model._default_manager.all().delete()


def now_ms(ago: timedelta = timedelta()) -> int:
    return round((timezone.now() - ago).timestamp() * 1000)


def _stream(name: str) -> dict[str, Any]:
    kept = {"last": LAST, "seconds": SECONDS, "top": EVENTS}
    made = {"kind": "group", "name": name, "public_id": name, "epoch": "0"}
    return made | kept | {"touched_ms": now_ms() - _HOUR_MS}


def _events(stream: Stream) -> Iterable[dict[str, Any]]:
    posted: datetime = timezone.now() - timedelta(hours=1)
    for seq in range(1, EVENTS + 1):
        yield {
            "stream": stream,
            "seq": seq,
            "kind": stream.kind,
            "name": stream.name,
            "event": "news",
            "event_id": f"{seq}",
            "payload": b"1",
            "last": LAST,
            "seconds": SECONDS,
            "created_ms": stream.touched_ms,
            "numbered_ms": stream.touched_ms,
            "posted_at": posted,
        }


def _copy(
    model: type[Model],
    columns: Sequence[str],
    where: str,
    values: Mapping[str, str] = MappingProxyType({}),
) -> None:
    """Rows made of memberships inside the database."""
    q = connection.ops.quote_name
    chosen = (values.get(name, q(name)) for name in columns)
    sql = (
        f"INSERT INTO {q(model._meta.db_table)} ({', '.join(map(q, columns))})"
        f" SELECT {', '.join(chosen)} FROM {q(Membership._meta.db_table)}"
        f" WHERE {where.format(group=q('group'))} AND {q('user_id')} IS NOT NULL"
    )
    with connection.cursor() as cursor:
        cursor.execute(sql)


def _insert(model: type[Model], rows: Iterable[dict[str, Any]]) -> None:
    made = [model(gateway="default", **row) for row in rows]
    model._default_manager.bulk_create(made, batch_size=500)
