"""A sweep of presence and of kept events looks at what can have ended, and at one part
of the rest: however many there are, and missing nothing in the end."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.utils import timezone

from tests.benchmarks import registry_rows, sweep_rows
from tests.django.rows_read import rows_read
from wsrouter.models import (
    KeptEvent,
    Membership,
    PresenceChange,
    PresenceGroup,
    PresentUser,
    Stream,
)
from wsrouter.registry import sweep_positions
from wsrouter.registry.presence import presence_retention
from wsrouter.registry.streams import ending_streams, retention

pytestmark = [pytest.mark.database, pytest.mark.django_db]
CONNECTIONS = 300
ROOMS = CONNECTIONS // registry_rows.ROOM
PRESENT = CONNECTIONS - registry_rows.PER_USER + 1
PART = 20
ROOM_SWEEPS, USER_SWEEPS = ROOMS // PART + 1, PRESENT // PART + 1
"""As many of them look at all rooms, or at all users."""
ANCIENT = timedelta(days=2)
MODELS = (KeptEvent, Stream, PresentUser, PresenceGroup)


@pytest.fixture(autouse=True)
def _rows(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(sweep_positions, "PART_ROWS", PART)
    monkeypatch.setattr(ending_streams, "EVENTS", 2)
    monkeypatch.setattr(ending_streams, "PAGE", 2)
    monkeypatch.setattr(presence_retention, "PAGE", 2)
    registry_rows.fill(1, CONNECTIONS, CONNECTIONS)
    sweep_rows.fill()
    sweep_rows.start_anew()
    yield
    sweep_rows.clear()
    registry_rows.clear()


def sweep() -> int:
    """All that a sweep does with these; how many events it has deleted."""
    presence_retention.note_unnoticed()
    presence_retention.delete_unused()
    retention.delete_unused()
    return retention.delete_old()


def kept(name: str) -> list[int]:
    rows = KeptEvent.objects.filter(name=name).order_by("seq")
    return [row.seq or 0 for row in rows]


def lost() -> None:
    """Somebody has deleted what they should not have."""
    Membership.objects.exclude(group="all").delete()


def last_stream() -> Stream:
    """One that the first parts do not reach."""
    return Stream.objects.order_by("pk").last() or Stream()


def test_where_nothing_has_ended_the_ends_of_parts_are_read_alone() -> None:
    with rows_read(*MODELS) as read:
        assert sweep() == 0
    parts = 4  # of streams there are two: of old events, and of unused streams
    lifetimes = 1
    assert sum(read) == parts + lifetimes
    assert PresenceChange.objects.count() == 0


def test_what_was_posted_lately_is_looked_at_at_once() -> None:
    stream = last_stream()
    Stream.objects.filter(pk=stream.pk).update(last=2)
    with rows_read(KeptEvent) as nothing:
        assert sweep() == 0, "nothing says that it has changed"
    sweep_rows.start_anew()
    KeptEvent.objects.filter(name=stream.name, seq=3).update(posted_at=timezone.now())
    with rows_read(KeptEvent) as some:
        assert sweep() == 1
    assert kept(stream.name) == [2, 3]
    # Posted, the first that stays, deleted, and a page that is empty.
    assert sum(some) - sum(nothing) <= 4


def test_what_was_posted_just_before_the_last_sweep_was_too_young_for_it() -> None:
    stream = last_stream()
    Stream.objects.filter(pk=stream.pk).update(last=2)
    rows = KeptEvent.objects.filter(name=stream.name)
    rows.update(posted_at=timezone.now(), numbered_ms=sweep_rows.now_ms())
    assert sweep() == 0
    sweep_rows.start_anew()
    rows.update(numbered_ms=sweep_rows.now_ms(timedelta(minutes=1, seconds=1)))
    assert sweep() == 1


def test_what_is_over_by_time_is_looked_at_at_once() -> None:
    stream = last_stream()
    Stream.objects.filter(pk=stream.pk).update(seconds=60)
    rows = KeptEvent.objects.filter(name=stream.name)
    rows.update(seconds=60, created_ms=sweep_rows.now_ms(timedelta(minutes=2)))
    assert sweep() == 3
    assert kept(stream.name) == []
    assert KeptEvent.objects.count() == 3 * (ROOMS - 1)


def test_what_no_index_tells_of_is_found_with_its_part() -> None:
    """Times of events that were shorter than that of their stream, or a clock that was
    wrong."""
    Stream.objects.update(seconds=60)
    counts = [sweep() for _ in range(ROOM_SWEEPS)]
    assert counts == [3 * PART, 3 * (ROOMS - PART)]
    assert not KeptEvent.objects.exists()


def test_users_who_are_lost_are_found_with_their_part() -> None:
    lost()
    counts = []
    for _ in range(USER_SWEEPS):
        sweep()
        counts.append(PresenceChange.objects.count())
    assert counts == [*range(PART, PRESENT, PART), PRESENT]
    found = PresenceChange.objects.values_list("group", "user")
    assert set(found) == set(PresentUser.objects.values_list("group", "user"))


def test_groups_that_are_empty_go_with_their_part() -> None:
    lost()
    PresentUser.objects.all().delete()
    counts = []
    for _ in range(ROOM_SWEEPS):
        sweep()
        counts.append(PresenceGroup.objects.count())
    assert counts == [ROOMS - PART, 0]


def test_streams_that_are_unused_go_with_their_part() -> None:
    KeptEvent.objects.all().delete()
    lost()
    Stream.objects.update(touched_ms=sweep_rows.now_ms(ANCIENT))
    counts = []
    for _ in range(ROOM_SWEEPS):
        sweep()
        counts.append(Stream.objects.count())
    assert counts == [ROOMS - PART, 0]


def test_a_part_whose_sweep_failed_is_looked_at_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    lost()
    with monkeypatch.context() as patched:
        patched.delattr(presence_retention.presence_changes, "note_left")
        with pytest.raises(AttributeError):
            sweep()
    sweep()
    first = PresentUser.objects.order_by("pk").values_list("group", "user")[:PART]
    assert set(PresenceChange.objects.values_list("group", "user")) == set(first)
