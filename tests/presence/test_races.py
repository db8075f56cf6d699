"""Several threads come and go at once, and processes die between two steps."""

import random
from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import transaction

from tests.django.conftest import InThreads
from tests.django.events import serving
from tests.effort import examples
from tests.presence import presence_routes
from tests.presence.presence_routes import (
    Guest,
    Member,
    assert_nothing_waits,
    presence,
    told_of,
)
from wsrouter import Router, groups
from wsrouter.delivery.memory import MemoryTransport
from wsrouter.models import OpenConnection
from wsrouter.ops.reaper import reap
from wsrouter.wiring import leaving

pytestmark = [pytest.mark.database, pytest.mark.django_db(transaction=True)]
ROUNDS = examples(4)


class Views:
    """What a client knows of a room: each event once, in the order of its versions."""

    def __init__(self, watcher: Guest) -> None:
        found = {each["version"]: each for each in watcher.events}
        self.events = [found[version] for version in sorted(found)]

    def count(self, kind: str, name: str) -> int:
        return sum(
            member["name"] == name for each in self.events for member in each[kind]
        )

    @property
    def present(self) -> set[str]:
        names: set[str] = set()
        for event in self.events:
            names |= {member["name"] for member in event["joined"]}
            names -= {member["name"] for member in event["left"]}
        return names


@pytest.fixture
def watcher(in_threads: InThreads, transport: MemoryTransport) -> Guest:
    """A connection in a room, in a database that threads share."""
    guest = Guest(transport, User.objects.create(username="ada"))
    guest.leave("room:hall")
    guest.enter("room:a")
    guest.socket.frames.clear()
    return guest


@pytest.fixture
def bob(watcher: Guest) -> User:
    return User.objects.create(username="bob")


def guests(watcher: Guest, user: User, number: int) -> list[Guest]:
    return [Guest(watcher._transport, user) for _ in range(number)]


@pytest.mark.parametrize("end", ["disconnect", "leave", "remove"])
def test_two_last_connections_leave_at_once(
    watcher: Guest, bob: User, in_threads: InThreads, end: str
) -> None:
    ends: dict[str, Callable[[Guest], Any]] = {
        "disconnect": lambda guest: guest.disconnect(),
        "leave": lambda guest: guest.leave("room:a"),
        "remove": lambda guest: groups.remove("room:a", connection=guest.id),
    }
    for number in range(1, ROUNDS + 1):
        two = guests(watcher, bob, 2)
        for guest in two:
            guest.enter("room:a")
        in_threads(2, lambda place: ends[end](two[place]))  # noqa: B023  # runs now
        view = Views(watcher)
        assert view.count("joined", "bob") == view.count("left", "bob") == number
        assert view.events[-1]["count"] == 1
        assert_nothing_waits()


def test_two_first_connections_join_at_once(
    watcher: Guest, bob: User, in_threads: InThreads
) -> None:
    for number in range(1, ROUNDS + 1):
        two = guests(watcher, bob, 2)
        in_threads(2, lambda place: two[place].enter("room:a"))  # noqa: B023  # runs now
        view = Views(watcher)
        assert view.count("joined", "bob") == number
        assert view.count("left", "bob") == number - 1
        assert view.events[-1]["count"] == 2
        groups.remove("room:a", user=bob)


def test_one_comes_while_the_other_goes(
    watcher: Guest, bob: User, in_threads: InThreads
) -> None:
    """Whichever is first: at the end the user is there, and the view says so."""
    old, *others = guests(watcher, bob, ROUNDS + 1)
    old.enter("room:a")
    for new in others:
        acts = [lambda: new.enter("room:a"), old.disconnect]  # noqa: B023  # run now
        in_threads(2, lambda place: acts[place]())  # noqa: B023  # runs now
        old = new
        assert Views(watcher).present == {"bob"}
        assert Views(watcher).events[-1]["count"] == 2
    assert_nothing_waits()


def test_many_come_and_go(watcher: Guest, in_threads: InThreads) -> None:
    """At the end, the events add up to who is there."""
    names = ["bob", "cid", "dot"]
    users = [User.objects.create(username=name) for name in names]
    sockets = [guest for user in users for guest in guests(watcher, user, 2)]
    seeds = [random.random() for _ in sockets]

    def come_and_go(number: int) -> None:
        chance = random.Random(seeds[number])
        for _ in range(examples(5)):
            act = chance.choice([sockets[number].enter, sockets[number].leave])
            act("room:a")

    in_threads(len(sockets), come_and_go)
    there = {each.member.name for each in presence.list("room:a")}
    assert Views(watcher).present | {"ada"} == there, seeds
    assert Views(watcher).events[-1]["count"] == len(there), seeds
    assert_nothing_waits()


def test_transactions_that_join_in_both_orders(
    watcher: Guest, bob: User, in_threads: InThreads, atomic_requests: None
) -> None:
    """Neither waits for the other: what they write is only ever inserted."""
    for _ in range(ROUNDS):
        two = guests(watcher, bob, 2)
        orders = [["room:a", "room:b"], ["room:b", "room:a"]]
        in_threads(2, lambda place: two[place].enter(*orders[place]))  # noqa: B023  # runs now
        for guest in two:
            guest.disconnect()
    assert Views(watcher).present == set()
    assert_nothing_waits()


def test_a_process_dies_before_it_tells(
    watcher: Guest, bob: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    (guest,) = guests(watcher, bob, 1)
    with monkeypatch.context() as patch:
        patch.setattr(leaving, "follow", lambda run: None)
        guest.enter("room:a")
    assert watcher.told == []
    assert reap(checks=0, rate=1000).told == 1
    assert watcher.told == [(["bob"], [], 2)]
    with monkeypatch.context() as patch:
        patch.setattr(leaving, "follow", lambda run: None)
        guest.disconnect()
    assert reap(checks=0, rate=1000).told == 2, "the hall, too"
    assert watcher.told[1:] == [([], ["bob"], 1)]
    assert reap(checks=0, rate=1000).told == 0
    assert_nothing_waits()


def test_who_was_there_for_a_moment_has_left(
    watcher: Guest, bob: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Somebody may have listed the group in between."""
    (guest,) = guests(watcher, bob, 1)
    with monkeypatch.context() as patch:
        patch.setattr(leaving, "follow", lambda run: None)
        guest.enter("room:a")
    guest.leave("room:a")
    assert watcher.told == [([], ["bob"], 1)]


def test_what_fails_is_told_later(
    transport: MemoryTransport, user: User, caplog: pytest.LogCaptureFixture
) -> None:
    fails = [True]

    def members(users: list[User]) -> list[Member]:
        if fails:
            raise LookupError("no such avatar")
        return presence_routes.members(users)

    failing = Router()
    failing.presence(presence_routes.PRESENCE, Member, of=members, groups="room:{name}")
    failing.route("enter")(presence_routes.enter)
    with serving(failing):
        guest = Guest(transport, user)
        guest.enter("room:a")
        assert guest.events == []
        assert told_of() == []
        assert "no such avatar" in caplog.text
        fails.clear()
        reap(checks=0, rate=1000)
        assert guest.told == [(["ada"], [], 1)]
    assert_nothing_waits()


def test_rows_of_groups_that_nobody_is_in(watcher: Guest) -> None:
    before = watcher.send("wsrouter.join", {"groups": ["room:b"]}, id="1")
    watcher.disconnect()
    reap(checks=0, rate=1000)
    assert not OpenConnection.objects.exists()
    assert not presence_routes.PresenceGroup.objects.exists()
    guest = Guest(watcher._transport, User.objects.get())
    after = guest.send("wsrouter.join", {"groups": ["room:b"]}, id="1")
    versions = [
        reply["payload"]["presence"]["room:b"]["version"] for reply in (before, after)
    ]
    assert versions[1] > versions[0]


def test_a_group_that_has_no_presence_any_more(
    transport: MemoryTransport, user: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    guest = Guest(transport, user)
    monkeypatch.setattr(leaving, "follow", lambda run: None)
    guest.enter("room:a")
    with serving(presence_routes.alone):
        reap(checks=0, rate=1000)
        assert_nothing_waits()
        assert told_of() == ["ada"], "in the hall, where nothing has changed"
        guest.disconnect()
        reap(checks=0, rate=1000)
    assert told_of() == []


def test_a_savepoint_that_is_rolled_back(watcher: Guest, bob: User) -> None:
    guests(watcher, bob, 1)
    with transaction.atomic():
        try:
            with transaction.atomic():
                groups.add("room:a", user=bob)
                raise LookupError
        except LookupError:
            pass
    assert watcher.told == []
    assert_nothing_waits()
