"""The threads for what follows an answer, and the budget of what leaves together."""

import os
import subprocess
import sys
import threading
from types import SimpleNamespace
from typing import Any

import pytest

from wsrouter.delivery import batch_threads
from wsrouter.delivery.batch_threads import BatchThreads
from wsrouter.routing.after_answer import Batch, TimeBudget
from wsrouter.wiring import process_threads

TIMEOUT_SECONDS = 20
KB = 1024


def made() -> BatchThreads:
    return BatchThreads("made", begin=lambda: None, end=lambda: None)


def batch(*runs: Any, size: int = 1) -> Batch:
    return Batch([lambda budget, run=run: run() for run in runs], size, 0.0)


@pytest.fixture
def busy() -> Any:
    """Threads that are all at work until the event is set."""
    threads, go_on = made(), threading.Event()
    started = threading.Barrier(batch_threads.THREADS + 1)

    def work() -> None:
        started.wait(TIMEOUT_SECONDS)
        go_on.wait(TIMEOUT_SECONDS)

    for _ in range(batch_threads.THREADS):
        assert threads.submit(batch(work))
    started.wait(TIMEOUT_SECONDS)
    yield threads, go_on
    go_on.set()


def test_what_fails_stops_nothing(caplog: pytest.LogCaptureFixture) -> None:
    done: list[str] = []

    def fail() -> None:
        raise RuntimeError("no")

    submitted = made().submit(batch(fail, lambda: done.append("second")))
    assert submitted
    submitted.result(TIMEOUT_SECONDS)
    assert done == ["second"]
    assert "RuntimeError: no" in caplog.text


def test_so_many_sends_may_wait(busy: Any) -> None:
    threads, go_on = busy
    waiting = [
        threads.submit(batch(int)) for _ in range(batch_threads.MAX_WAITING_SENDS)
    ]
    assert all(waiting)
    assert threads.submit(batch(int)) is None
    forced = threads.submit(batch(int), must=True)
    go_on.set()
    for each in (*waiting, forced):
        each.result(TIMEOUT_SECONDS)
    assert threads.submit(batch(int))


def test_so_many_bytes_may_wait(busy: Any) -> None:
    threads, _ = busy
    most = batch_threads.MAX_WAITING_BYTES
    assert threads.submit(batch(int, size=most - 128 * KB))
    assert threads.submit(batch(int, size=128 * KB))
    assert threads.submit(batch(int, size=1)) is None


def test_one_message_may_have_more_than_all_may_wait(busy: Any) -> None:
    threads, _ = busy
    runs = [int] * (batch_threads.MAX_WAITING_SENDS + 1)
    assert threads.submit(batch(*runs, size=2 * batch_threads.MAX_WAITING_BYTES))
    assert threads.submit(batch(int)) is None


def test_a_budget_is_shared(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [100.0]
    monkeypatch.setattr("time.monotonic", lambda: now[0])
    budget = TimeBudget(latest=125.0)
    assert budget.seconds_left(20) == 20
    now[0] = 115
    assert (budget.seconds_left(20), budget.seconds_left(25)) == (5, 10)
    now[0] = 121
    assert (budget.seconds_left(20), budget.seconds_left(25)) == (0, 4)
    now[0] = 130
    assert budget.seconds_left(60) == 0


PROGRAM = """
import os, sys, time
from wsrouter.delivery.batch_threads import BatchThreads
from wsrouter.routing.after_answer import Batch

threads = BatchThreads("made", begin=lambda: None, end=lambda: None)

def slow(text):
    def run(budget):
        time.sleep(0.3)
        os.write(1, text)
    return run

def batch(text):
    return Batch([slow(text)], 1, 0.0)
"""


def printed(code: str) -> str:
    done = subprocess.run(
        [sys.executable, "-W", "ignore::DeprecationWarning", "-c", PROGRAM + code],
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    assert done.stderr == ""
    return "".join(sorted(done.stdout))


def test_a_process_that_ends_waits_for_them() -> None:
    assert printed("for n in range(8): threads.submit(batch(b'x'))") == "x" * 8


def test_also_when_it_is_told_to_exit() -> None:
    code = "threads.submit(batch(b'x'))\nsys.exit()"
    assert printed(code) == "x"


@pytest.mark.skipif(not hasattr(os, "fork"), reason="This system has no fork.")
def test_a_forked_process_has_threads_of_its_own() -> None:
    """As with gunicorn's `preload_app`."""
    code = """
threads.submit(batch(b"a")).result()
if os.fork() == 0:
    threads.submit(batch(b"b")).result(10)
else:
    os.wait()
"""
    assert printed(code) == "ab"


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        (None, True),
        ({}, False),
        ({b"http": b":80"}, False),
        ({"enable-threads": True}, True),
        ({b"enable-threads": b"true"}, True),
        ({"enable-threads": "false"}, False),
        ({"threads": "4"}, True),
        ({b"threads": b"1"}, False),
    ],
)
def test_uwsgi_may_run_no_threads(
    options: Any, expected: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    if options is not None:
        monkeypatch.setitem(sys.modules, "uwsgi", SimpleNamespace(opt=options))
    process_threads.has_threads.cache_clear()
    try:
        assert process_threads.has_threads() is expected
    finally:
        process_threads.has_threads.cache_clear()
