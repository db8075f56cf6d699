"""A group is told when a user's first connection joins, and when the last one goes."""

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.utils import timezone

from tests.django.events import serving
from tests.django.group_routes import older
from tests.presence import presence_routes
from tests.presence.presence_routes import (
    Guest,
    PresenceChange,
    assert_nothing_waits,
    presence,
    told_of,
)
from wsrouter import Router, connections, groups
from wsrouter.delivery.memory import MemoryTransport
from wsrouter.models import Membership, OpenConnection
from wsrouter.ops.reaper import reap
from wsrouter.registry import compiled_lookup

pytestmark = [pytest.mark.database, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def watcher(transport: MemoryTransport, user: User) -> Guest:
    """A connection of `user`, which is in a room."""
    guest = Guest(transport, user)
    guest.enter("room:a")
    guest.socket.frames.clear()
    return guest


def test_a_first_connection_joins_and_the_last_one_goes(
    transport: MemoryTransport, watcher: Guest, other: User
) -> None:
    first, second = Guest(transport, other), Guest(transport, other)
    first.enter("room:a")
    second.enter("room:a")
    first.disconnect()
    assert watcher.told[1:] == [(["bob"], [], 2)]
    second.leave("room:a")
    assert watcher.told[2:] == [([], ["bob"], 1)]
    versions = [event["version"] for event in watcher.events]
    assert versions == sorted(set(versions))
    assert watcher.events[1]["group"] == "room:a"
    assert_nothing_waits()


def test_groups_that_are_joined_in_connect(
    transport: MemoryTransport, user: User, other: User
) -> None:
    first = Guest(transport, user)
    second = Guest(transport, other)
    assert first.told[-1] == (["bob"], [], 2)
    second.disconnect()
    assert first.told[-1] == ([], ["bob"], 1)


def test_a_hand_over_shows_nothing(
    transport: MemoryTransport, watcher: Guest, other: User
) -> None:
    old = Guest(transport, other)
    old.enter("room:a")
    before = len(watcher.told)
    new = Guest(transport, other)
    new.enter("room:a")
    old.disconnect()
    assert [told for told in watcher.events[before:] if told["group"] == "room:a"] == []
    assert told_of().count("bob") == 2, "in the hall and in the room"
    assert_nothing_waits()


def test_anonymous_connections_count_and_have_no_entry(
    transport: MemoryTransport, watcher: Guest
) -> None:
    guest = Guest(transport)
    guest.enter("room:a")
    guest.leave("room:a")
    mine = [told for told in watcher.events if told["group"] == "room:a"]
    assert [(told["joined"], told["left"], told["count"]) for told in mine] == [
        ([], [], 2),
        ([], [], 1),
    ]


def by_leaving(guest: Guest) -> None:
    guest.leave("room:a")


def by_disconnect(guest: Guest) -> None:
    guest.disconnect()


def by_410(guest: Guest) -> None:
    older()
    guest.vanish()
    Guest(guest._transport).enter("room:a")  # an event finds out


def by_remove(guest: Guest) -> None:
    groups.remove("room:a", connection=guest.id)


def by_ended_session(guest: Guest) -> None:
    connections.end(User.objects.get(username="bob"))


def by_deletion(guest: Guest) -> None:
    User.objects.get(username="bob").delete()


def by_lifetime(guest: Guest) -> None:
    past = timezone.now() - timedelta(hours=3)
    rows = OpenConnection.objects.filter(connection_id=guest.id)
    rows.update(connected_at=past, stored_at=past, expires_at=past)
    Membership.objects.filter(connection_id=guest.id).update(expires_at=past)
    reap(checks=0, rate=1000)


def by_get_connection(guest: Guest) -> None:
    older(timedelta(hours=1))
    guest.vanish()
    reap(checks=100, rate=1000)


def by_a_lost_row(guest: Guest) -> None:
    Membership.objects.filter(connection_id=guest.id, group="room:a").delete()
    reap(checks=0, rate=1000)


ENDS = [
    by_leaving,
    by_disconnect,
    by_410,
    by_remove,
    by_ended_session,
    by_deletion,
    by_lifetime,
    by_get_connection,
    by_a_lost_row,
]


@pytest.mark.parametrize("end", ENDS, ids=lambda end: end.__name__)
def test_every_way_out(
    transport: MemoryTransport, watcher: Guest, other: User, end: Any
) -> None:
    guest = Guest(transport, other)
    guest.enter("room:a")
    end(guest)
    mine = [told for told in watcher.events if told["group"] == "room:a"]
    left = [member["name"] for told in mine for member in told["left"]]
    assert left == ["bob"]
    assert [each.member.name for each in presence.list("room:a")] == ["ada"]
    assert_nothing_waits()


@pytest.mark.parametrize(
    "end", [by_leaving, by_disconnect, by_410], ids=lambda end: end.__name__
)
def test_a_database_that_does_not_tell_what_it_deletes(
    transport: MemoryTransport,
    watcher: Guest,
    other: User,
    end: Any,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(compiled_lookup, "can_delete_returning", lambda _: False)
    test_every_way_out(transport, watcher, other, end)


def test_the_server_puts_in_and_clears(
    transport: MemoryTransport, watcher: Guest, other: User
) -> None:
    Guest(transport, other)
    before = len(watcher.told)
    guest = Guest(transport, other)
    assert groups.add("room:a", user=other) == 1 or groups.count("room:a") == 3
    assert watcher.told[before:] == [(["bob"], [], 2)]
    groups.clear("room:a")
    assert presence.count("room:a") == 0
    assert "bob" in told_of(), "in the hall"
    assert guest.told[-1] == (["bob"], [], 2)
    assert_nothing_waits()


def test_what_is_rolled_back_is_not_told(
    transport: MemoryTransport, watcher: Guest, other: User, atomic_requests: None
) -> None:
    guest = Guest(transport, other)
    before = len(watcher.told)
    guest.send("fail", "room:a", id="1")
    assert watcher.told[before:] == []
    assert_nothing_waits()


def test_other_groups_are_told_nothing(
    transport: MemoryTransport, watcher: Guest, other: User
) -> None:
    guest = Guest(transport, other)
    before = len(watcher.told)
    guest.enter("lobby", "rooms:a", "room:b")
    assert watcher.told[before:] == []
    assert guest.told[-1] == (["bob"], [], 1)


def test_above_the_limit_only_the_number_is_told(
    transport: MemoryTransport, user: User, other: User
) -> None:
    with serving(presence_routes.router, PRESENCE_MEMBERS=1):
        first = Guest(transport, user)
        second = Guest(transport, other)
        assert first.told[-1] == (None, None, 2)
        second.disconnect()
        assert first.told[-1] == ([], ["bob"], 1)


def test_a_user_who_is_deleted_leaves_as_the_group_knew_it(
    transport: MemoryTransport, watcher: Guest, other: User
) -> None:
    guest = Guest(transport, other)
    guest.enter("room:a")
    key = other.pk
    other.delete()
    assert watcher.events[-1]["left"] == [{"id": key, "name": "bob"}]
    assert watcher.events[-1]["count"] == 1


def _fail_for_bob(users: list[User]) -> list[str]:
    if any(user.username == "bob" for user in users):
        raise ValueError("no name is known")
    return [user.username for user in users]


def test_a_group_that_cannot_be_told_keeps_no_other_waiting(
    transport: MemoryTransport,
    user: User,
    other: User,
    caplog: pytest.LogCaptureFixture,
) -> None:
    router = Router()
    router.presence("failing", str, of=_fail_for_bob, groups="room:{name}")
    for name in ("enter", "leave"):
        router.route(name)(getattr(presence_routes, name))
    with serving(router):
        Guest(transport, other).enter("room:a")
        Guest(transport, user).enter("room:b")
        Membership.objects.filter(group="room:b").delete()
        caplog.clear()
        assert reap(checks=0, rate=1000).told == 1
    assert "the group 'room:a' was not told" in caplog.text
    assert "no name is known" in caplog.text
    assert PresenceChange.objects.get().group == "room:a"
    assert told_of() == []


def test_who_was_in_a_group_before_it_had_presence_can_leave(
    transport: MemoryTransport, user: User, other: User
) -> None:
    with serving(presence_routes.alone):
        old, older_one = Guest(transport, other), Guest(transport, other)
        old.enter("room:a", "room:b")
        older_one.enter("room:a")
    watcher = Guest(transport, user)
    watcher.enter("room:a")
    old.leave("room:b")
    assert watcher.told[1:] == [(["ada"], [], 2)]
    old.disconnect()
    older_one.disconnect()
    assert watcher.told[2:] == [([], ["bob"], 1)]


def test_who_leaves_a_group_before_it_is_told_of_anybody(
    transport: MemoryTransport, user: User, other: User
) -> None:
    with serving(presence_routes.alone):
        watcher, old = Guest(transport, user), Guest(transport, other)
        watcher.enter("room:a")
        old.enter("room:a")
    old.leave("room:a")
    watcher.leave("room:a")
    assert watcher.told == [([], ["bob"], 1)]
    assert told_of() == []
