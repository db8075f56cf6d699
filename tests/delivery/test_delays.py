"""What is done later, each once after its time."""

import os
import threading

import pytest

from wsrouter.delivery.delays import Delays

TIMEOUT_SECONDS = 20


def test_in_the_order_of_their_times() -> None:
    delays, done, seen = Delays("test-delay"), threading.Event(), list[str]()
    delays.add("late", 0.2, done.set)
    delays.add("early", 0.05, lambda: seen.append("early"))
    delays.add("now", 0, lambda: seen.append("now"))
    assert done.wait(TIMEOUT_SECONDS)
    assert seen == ["now", "early"]


def test_once_while_it_waits_and_again_afterwards() -> None:
    delays, seen = Delays("test-delay"), list[int]()
    for number in range(3):
        delays.add("key", 0.05, lambda number=number: seen.append(number))  # type: ignore[misc]
    _run_to_the_end(delays)
    assert seen == [0]
    delays.add("key", 0, lambda: seen.append(9))
    _run_to_the_end(delays)
    assert seen == [0, 9]


def test_what_fails_keeps_nothing_from_being_done(
    caplog: pytest.LogCaptureFixture,
) -> None:
    delays, done = Delays("test-delay"), threading.Event()
    delays.add("fails", 0, lambda: 1 / 0)
    delays.add("works", 0.05, done.set)
    assert done.wait(TIMEOUT_SECONDS)
    assert "What was to be done later failed." in caplog.text


def test_the_thread_ends_when_nothing_waits() -> None:
    delays = Delays("test-delay-ending")
    delays.add("key", 0, lambda: None)
    _run_to_the_end(delays)
    names = [thread.name for thread in threading.enumerate()]
    assert "test-delay-ending" not in names


def test_a_forked_process_begins_anew() -> None:
    delays = Delays("test-delay")
    delays.add("key", 3600, lambda: None)
    child = os.fork()
    if child == 0:
        done = threading.Event()
        delays.add("key", 0, done.set)
        os._exit(0 if done.wait(TIMEOUT_SECONDS) else 1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0


def _run_to_the_end(delays: Delays) -> None:
    thread = delays._thread
    if thread is not None:
        thread.join(TIMEOUT_SECONDS)
        assert not thread.is_alive()


def test_closing_drops_what_waits_and_ends_the_thread() -> None:
    delays, seen = Delays("test-delay-closing"), list[int]()
    delays.add("key", 3600, lambda: seen.append(1))
    delays.close()
    names = [thread.name for thread in threading.enumerate()]
    assert "test-delay-closing" not in names
    assert not delays.has("key")
    delays.add("key", 0, lambda: seen.append(2))
    _run_to_the_end(delays)
    assert seen == [2]
