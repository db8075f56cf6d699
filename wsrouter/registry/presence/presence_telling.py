"""What a group is to be told of its members: the difference between what it was told
and who is there, under a lock of the group's own and never inside another transaction.

A caller's transaction only inserts a row, so that no two of them wait for each other.
Whoever reads the rows holds the lock, so that of two last connections that leave at
once neither is overlooked, and the user's leaving is told once.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, NamedTuple

from django.db import transaction
from django.db.models import Exists, F, QuerySet

from wsrouter.models import PresenceChange, PresenceGroup, PresentUser
from wsrouter.registry.database import alias
from wsrouter.registry.presence import present_users
from wsrouter.registry.read_committed import read_committed
from wsrouter.registry.retrying import retried
from wsrouter.registry.streams.database_clock import Milliseconds

CHANGES = 10_000
"""Changes that are told at once."""
_NOTHING = -1
PauseMs = Callable[[int], int]
"""How long a group of so many is left alone after it was told something."""


class Place(NamedTuple):
    """A group on one gateway."""

    gateway: str
    group: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Difference:
    """Whom a group has gained and lost since it was told last, by primary key; `left`
    has what was told of them then, as JSON. `count` is how many are there now. `others`
    were there before the group had presence."""

    place: Place
    joined: Sequence[Any]
    left: Mapping[Any, bytes | None]
    count: int
    version: int
    others: Sequence[Any] = ()


Tell = Callable[[Difference], Mapping[Any, bytes]]
"""Sends the event, as a part of the open transaction; returns what it says of users
who have joined, as JSON."""


def tell(place: Place, send: Tell, *, pause_ms: PauseMs) -> int:
    """Tell a group what it was not told yet. Returns after how many milliseconds there
    may be something to tell, or 0 when there is nothing left."""
    wait = _wait_ms(place, pause_ms)
    if wait is None:
        make([place])
        wait = 0
    elif wait == _NOTHING:
        return 0
    return wait or retried(partial(_tell, place, send, pause_ms))


def make(places: Iterable[Place]) -> None:
    """Make the rows that are missing. A version is higher than that of any row that was
    deleted before."""
    rows = [
        PresenceGroup(**place._asdict(), version=Milliseconds()) for place in places
    ]
    PresenceGroup.objects.using(alias()).bulk_create(rows, ignore_conflicts=True)


def version(place: Place) -> int:
    """That of the last event; its row is made where there is none."""
    rows = _groups(place).values_list("version", flat=True)
    found = rows.first()
    if found is None:
        make([place])
        found = rows.first()
    return found or 0


def _wait_ms(place: Place, pause_ms: PauseMs) -> int | None:
    """None where the group has no row and changes wait; `_NOTHING` where none do."""
    rows = _groups(place).annotate(
        now=Milliseconds(), has_changes=Exists(_changes(place))
    )
    row = rows.first()
    if row is None:
        return None if _changes(place).exists() else _NOTHING
    return _left_ms(row, pause_ms) if row.has_changes else _NOTHING


def _left_ms(row: Any, pause_ms: PauseMs) -> int:
    """A time that is still to come is that of a clock that was put back."""
    pause = pause_ms(row.count)
    left: int = row.told_ms + pause - row.now
    return left if 0 < left <= pause else 0


def _tell(place: Place, send: Tell, pause_ms: PauseMs) -> int:
    with transaction.atomic(using=alias()):
        read_committed()
        if not _groups(place).update(version=F("version")):  # locks it
            return 1
        row: Any = _groups(place).annotate(now=Milliseconds()).get()
        if wait := _left_ms(row, pause_ms):
            return wait
        changes = list(_changes(place).order_by("pk")[:CHANGES])
        if changes:
            _tell_changes(place, row, changes, send)
    return max(1, pause_ms(row.count)) if len(changes) == CHANGES else 0


def _tell_changes(
    place: Place, row: Any, changes: Sequence[PresenceChange], send: Tell
) -> None:
    difference = _difference(place, row, changes)
    is_news = difference.joined or difference.left or difference.count != row.count
    if is_news:
        members = send(difference)
        _note(difference, members)
        told_ms, count = Milliseconds(), difference.count
        _groups(place).update(version=difference.version, count=count, told_ms=told_ms)
    for some in present_users.chunks([change.pk for change in changes]):
        _changes(place).filter(pk__in=some).delete()
    row.count = difference.count


def _difference(
    place: Place, row: Any, changes: Sequence[PresenceChange]
) -> Difference:
    """Who has joined and left meanwhile is told to have left: somebody may have listed
    the group in between."""
    users: set[Any] = {change.user_id for change in changes} - {None}
    joins = {change.user_id for change in changes if change.has_joined} - {None}
    ordered = sorted(users)
    told = _told(place, ordered)
    present = present_users.among(ordered, place.group, place.gateway)
    gone = [key for key in ordered if key not in present]
    joined = [key for key in ordered if key in present and key not in told]
    count, is_first = present_users.count(place.group, place.gateway), not row.told_ms
    known = joins | told.keys()
    return Difference(
        place=place,
        joined=joined,
        left={key: told.get(key) for key in gone if key in known or is_first},
        count=count,
        version=max(row.version + 1, int(row.now)),
        others=_others(place, users) if is_first and count > len(joined) else (),
    )


def _others(place: Place, users: set[Any]) -> Sequence[Any]:
    """Who is there without a change: a list has named them, so that they can leave.
    Changes are read after the members: nobody's join is overlooked."""
    found = present_users.connections_by_user(place.group, place.gateway)
    known = set(users)
    for rows in (_changes(place), _present(place)):
        known |= set(rows.values_list("user_id", flat=True))
    return sorted(found.keys() - known)


def _told(place: Place, users: Sequence[Any]) -> dict[Any, bytes | None]:
    rows = _present(place).values_list("user_id", "member")
    return {
        user: member if member is None else bytes(member)
        for some in present_users.chunks(users)
        for user, member in rows.filter(user__in=some)
    }


def _note(difference: Difference, members: Mapping[Any, bytes]) -> None:
    place = difference.place
    PresentUser.objects.using(alias()).bulk_create(
        PresentUser(**place._asdict(), user_id=key, member=members.get(key))
        for key in (*difference.joined, *difference.others)
    )
    for some in present_users.chunks(list(difference.left)):
        _present(place).filter(user__in=some).delete()


def waiting() -> list[Place]:
    """The groups with changes that were not told."""
    rows = PresenceChange.objects.using(alias()).order_by()
    found = rows.values_list("gateway", "group").distinct()
    return sorted(Place(*place) for place in found)


def _groups(place: Place) -> "QuerySet[PresenceGroup]":
    return PresenceGroup.objects.using(alias()).filter(**place._asdict())


def _changes(place: Place) -> "QuerySet[PresenceChange]":
    return PresenceChange.objects.using(alias()).filter(**place._asdict())


def _present(place: Place) -> "QuerySet[PresentUser]":
    return PresentUser.objects.using(alias()).filter(**place._asdict())
