"""A group is not told at every change: what waits is told by the next change, after the
pause, or by the reaper."""

import threading
from collections.abc import Callable, Iterator

import pytest
from django.contrib.auth.models import User

from tests.presence.presence_routes import Guest, assert_nothing_waits
from wsrouter.delivery.memory import MemoryTransport
from wsrouter.models import PresenceChange, PresenceGroup
from wsrouter.ops.reaper import reap
from wsrouter.wiring import leaving, presences, process_threads

pytestmark = [pytest.mark.database, pytest.mark.django_db(transaction=True)]
HOUR_MS = 3_600_000
TIMEOUT_SECONDS = 20


@pytest.fixture
def watcher(
    shared_database: None, transport: MemoryTransport, user: User, other: User
) -> Guest:
    guest = Guest(transport, user)
    guest.leave("room:hall")
    guest.enter("room:a")
    guest.socket.frames.clear()
    return guest


@pytest.fixture
def pause(monkeypatch: pytest.MonkeyPatch) -> Callable[[int], None]:
    """Sets the pause after an event; there is none in other tests."""

    def set_pause(milliseconds: int) -> None:
        monkeypatch.setattr(presences, "_pause_ms", lambda count: milliseconds)

    return set_pause


@pytest.fixture
def threads(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """As in a process that serves requests. What is told later is told in the test, not
    in the next one, whose database it would find."""
    monkeypatch.setattr(leaving, "_is_in_place", lambda: False)
    yield
    process_threads.delays().close()
    process_threads.sends().close()


def wait_for(condition: Callable[[], object]) -> None:
    done = threading.Event()
    for _ in range(TIMEOUT_SECONDS * 100):
        if condition():
            return
        done.wait(0.01)
    raise AssertionError("It has not come about.")


def come(watcher: Guest, number: int) -> list[Guest]:
    bob = User.objects.get(username="bob")
    guests = [Guest(watcher._transport, bob) for _ in range(number)]
    for guest in guests:
        guest.enter("room:a")
    return guests


def test_the_next_change_tells_all(
    watcher: Guest, pause: Callable[[int], None]
) -> None:
    pause(HOUR_MS)
    first, second = come(watcher, 2)
    first.disconnect()
    assert watcher.told == []
    assert PresenceChange.objects.filter(group="room:a").count() == 3
    pause(0)
    Guest(watcher._transport).enter("room:a")
    assert watcher.told == [(["bob"], [], 3)]
    second.disconnect()
    assert watcher.told[1:] == [([], ["bob"], 2)]


def test_the_reaper_tells_what_waits(
    watcher: Guest, pause: Callable[[int], None]
) -> None:
    pause(HOUR_MS)
    come(watcher, 1)
    reap(checks=0, rate=1000)
    assert watcher.told == [], "not before the pause is over"
    PresenceGroup.objects.update(told_ms=0)
    reap(checks=0, rate=1000)
    assert watcher.told == [(["bob"], [], 2)]


def test_a_thread_tells_after_the_pause(
    watcher: Guest, pause: Callable[[int], None], threads: None
) -> None:
    pause(300)
    (guest,) = come(watcher, 1)
    guest.disconnect()
    wait_for(lambda: watcher.told)
    wait_for(lambda: not PresenceChange.objects.exists())
    assert watcher.told[-1] == ([], ["bob"], 1)
    assert_nothing_waits()


def test_the_pause_grows_with_the_group(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(presences.substitutes.current, "transport", None)
    pauses = [presences._pause_ms(count) for count in (1, 250, 2000, 1_000_000)]
    assert pauses == [250, 250, 2000, 30_000]


def test_a_clock_that_was_put_back(
    watcher: Guest, pause: Callable[[int], None]
) -> None:
    """A group is not left alone until the clock is there again."""
    pause(HOUR_MS)
    PresenceGroup.objects.update(told_ms=2**50)
    come(watcher, 1)
    assert watcher.told == [(["bob"], [], 2)]
