"""Where the streams of a connection stand: their numbers, read outside of the
transactions of the message that asks."""

import json
import time
from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import Any, NamedTuple

from django.db.models import Exists, OuterRef
from django.utils import timezone

from wsrouter.models import Membership, Stream
from wsrouter.registry import compiled_lookup
from wsrouter.registry.compiled_query import CompiledQuery, Parameter, compiled
from wsrouter.registry.database import alias
from wsrouter.registry.streams import numbering, stream_arrays
from wsrouter.registry.streams.database_clock import Milliseconds
from wsrouter.registry.streams.numbering import GROUP, USER, StreamKey
from wsrouter.setting_caches import cleared_by
from wsrouter.wire.stream_frames import MAX_ENTRIES, StreamPosition

SLACK_MS = 100
"""A number that was given so shortly before a message began may be newer than what its
handler has read: clocks and networks are not exact."""


class StreamState(NamedTuple):
    """A stream and its highest number. By the clock of the database, `touched_ms` is
    when it was given, and `began_ms` a moment before the message began."""

    pk: int
    public_id: str
    epoch: str
    top: int
    touched_ms: int = 0
    began_ms: int = 0

    def position(self, seq: int) -> StreamPosition:
        return StreamPosition(self.public_id, self.epoch, seq)

    @property
    def start(self) -> int | None:
        """The highest number that was given before the message began; None where more
        than the numbers is needed to know that."""
        return self.top if self.touched_ms <= self.began_ms or not self.top else None


_WITH_STREAMS = compiled_lookup.Columns(stream_arrays.annotations)


def of_joined(
    connection_id: str, gateway: str, groups: Sequence[str], began_at: float
) -> list[StreamState]:
    """The streams of those groups that the connection is in now. The message that
    joined them began at `began_at`, of `time.monotonic`. Streams that are missing are
    made."""
    found = _of_joined(connection_id, gateway, groups, began_at)
    missing = [group for group in groups if group not in found]
    if missing and (made := _make_for(connection_id, gateway, missing)):
        found |= _of_joined(connection_id, gateway, made, began_at)
    return [found[group] for group in groups if group in found]


def of_connection(
    connection_id: str, gateway: str
) -> tuple[compiled_lookup.Row | None, list[StreamState]]:
    """A connection with its user, and all of its streams, in one query; None when the
    connection is not stored. Streams that are missing are made."""
    row = compiled_lookup.find(
        connection_id, gateway, using=alias(), columns=_WITH_STREAMS
    )
    if row is None:
        return None, []
    try:
        found = json.loads(row["group_streams"] or "[]")
    except json.JSONDecodeError:  # MariaDB cuts it off at `group_concat_max_len` bytes
        states = of_joined(
            connection_id, gateway, _groups_of(connection_id), time.monotonic()
        )
    else:
        states = _of_groups(found, connection_id, gateway)
    return row, states + _of_user(row, gateway)


def of_names(gateway: str, kind: str, names: Iterable[str]) -> list[StreamPosition]:
    """The positions of groups or users, whoever is in them; missing ones are made."""
    wanted = list(names)
    rows = Stream.objects.using(alias()).filter(gateway=gateway, kind=kind)
    rows = rows.filter(name__in=wanted)
    found = {row.name: row for row in rows}
    if missing := [name for name in wanted if name not in found]:
        keys = [StreamKey(gateway, kind, name) for name in missing]
        numbering.make(keys, using=alias())
        found |= {row.name: row for row in rows.all()}
    return [
        StreamPosition(row.public_id, row.epoch, row.top)
        for row in map(found.get, wanted)
        if row is not None
    ]


def _of_joined(
    connection_id: str, gateway: str, groups: Sequence[str], began_at: float
) -> dict[str, StreamState]:
    """The age of the message is taken after the answer of the database, which may have
    come late: that makes its beginning too early, and never too late."""
    values = {f"group_{place}": group for place, group in enumerate(groups)}
    values |= {"connection": connection_id, "gateway": gateway}
    query = _joined(len(groups), alias())
    found = query.rows({**values, "now": timezone.now()}, using=alias())
    age_ms = int((time.monotonic() - began_at) * 1000) + SLACK_MS
    return {
        name: StreamState(pk, public_id, epoch, top, touched_ms, now_ms - age_ms)
        for name, pk, public_id, epoch, top, touched_ms, now_ms in found
    }


@cleared_by("USE_TZ", "TIME_ZONE", "DATABASES")
@lru_cache(maxsize=64)
def _joined(count: int, using: str) -> CompiledQuery:
    """The streams of so many groups, of those that the connection is in."""
    now = Parameter("now", Membership._meta.get_field("expires_at"))
    members = _live_members(Parameter("connection"), now)
    names = [Parameter(f"group_{place}") for place in range(count)]
    rows = Stream.objects.using(using).filter(
        Exists(members.filter(group=OuterRef("name"))),
        gateway=Parameter("gateway"),
        kind=GROUP,
        name__in=names,
    )
    columns = ("name", "pk", "public_id", "epoch", "top", "touched_ms")
    return compiled(rows.values_list(*columns, Milliseconds()), using=using)


def _live_members(connection_id: Any, now: Any) -> Any:
    rows = Membership.objects.using(alias())
    return rows.filter(connection__connection_id=connection_id, expires_at__gt=now)


def _groups_of(connection_id: str) -> list[str]:
    rows = _live_members(connection_id, timezone.now()).order_by("group")
    return list(rows.values_list("group", flat=True))


def _of_groups(found: Any, connection_id: str, gateway: str) -> list[StreamState]:
    """The streams that `stream_arrays` tells of, and those of groups without any."""
    groups = {name: state for name, *state in found}
    states = [StreamState(*state) for state in groups.values() if state[0]]
    missing = [name for name, state in groups.items() if not state[0]][:MAX_ENTRIES]
    if missing:
        keys = [StreamKey(gateway, GROUP, name) for name in missing]
        numbering.make(keys, using=alias())
        states += of_joined(connection_id, gateway, missing, time.monotonic())
    return states


def _make_for(connection_id: str, gateway: str, groups: Sequence[str]) -> list[str]:
    """Only for groups that the connection is in: a join may have been rolled back."""
    rows = _live_members(connection_id, timezone.now()).filter(group__in=groups)
    members = list(rows.values_list("group", flat=True))
    keys = [StreamKey(gateway, GROUP, name) for name in members]
    numbering.make(keys, using=alias())
    return members


def _of_user(row: compiled_lookup.Row, gateway: str) -> list[StreamState]:
    if row.user is None:
        return []
    if found := row["user_stream"]:
        return [StreamState(*json.loads(found))]
    key = StreamKey(gateway, USER, str(row["user_id"]))
    numbering.make([key], using=alias())
    rows = Stream.objects.using(alias()).filter(**key._asdict())
    columns = ("pk", "public_id", "epoch", "top")
    return [StreamState(*state) for state in rows.values_list(*columns)]
