"""Publishers that are killed at each step of a send: nothing that was committed is
lost, and the numbers have no hole."""

import os
import subprocess
import sys

import pytest
from django.db import connection

from tests.effort import examples
from tests.streams.dying_publisher import ALONE, STEPS, group
from tests.streams.stream_routes import Watcher, entry, news, payloads, position
from tests.streams.test_retention import age, run
from wsrouter.delivery.memory import MemoryTransport
from wsrouter.models import KeptEvent, Stream

pytestmark = [pytest.mark.database, pytest.mark.usefixtures("shared_database")]
TIMEOUT_SECONDS = 120
ROLLED_BACK = {"stored"}
UNNUMBERED = {"committed", "counted"}
DONE = {"marked"}


def kill_publishers(suffix: str) -> None:
    name = str(connection.settings_dict["NAME"])
    connection.close()
    ended = subprocess.run(
        [sys.executable, "-m", "tests.streams.dying_publisher", name, suffix],
        env=os.environ | {"DJANGO_SETTINGS_MODULE": "tests.project.settings"},
        capture_output=True,
        text=True,
        timeout=TIMEOUT_SECONDS,
    )
    assert ended.returncode == 0, ended.stderr


def check_left_behind(step: str, name: str) -> None:
    """What a dead publisher leaves."""
    row = KeptEvent.objects.filter(name=name).first()
    if step in ROLLED_BACK:
        assert row is None
        return
    assert row is not None
    assert (row.seq is None) is (step in UNNUMBERED)
    assert (row.posted_at is not None) is (step in DONE)
    assert Stream.objects.get(name=name).top == (0 if step in UNNUMBERED else 1)


def check_completed(step: str, watcher: Watcher) -> None:
    """What the watcher has got after the reaper's run, and what it is told again."""
    expected = ["next"] if step in ROLLED_BACK else ["last words", "next"]
    if step in UNNUMBERED:
        expected.reverse()  # whoever is numbered first comes first
    found = entry(watcher.watch(*watcher.groups, since=watcher.since))
    assert payloads(found["events"]) == expected
    numbers = [event["stream"]["seq"] for event in found["events"]]
    assert numbers == list(range(1, len(expected) + 1))
    posted = sorted(payloads(watcher.frames))
    assert posted == (["next"] if step in DONE else sorted(expected))


class Resuming(Watcher):
    """Knows the position at which it has joined."""

    def join(self, name: str) -> "Resuming":
        self.groups = [name]
        self.since = position(entry(self.watch(name)))
        return self


@pytest.mark.parametrize("round_", range(examples(1)))
def test_the_reaper_completes_what_was_committed(
    transport: MemoryTransport, round_: int
) -> None:
    suffix = str(round_)
    steps = [(step, group(step, alone=False, suffix=suffix)) for step in STEPS]
    steps += [(step, group(step, alone=True, suffix=suffix)) for step in ALONE]
    watchers = [Resuming(transport).join(name) for _, name in steps]
    others = [Resuming(transport).join(name) for _, name in steps]
    kill_publishers(suffix)
    for step, name in steps:
        check_left_behind(step, name)
        news.send("next", group=name)
    age()
    assert run().posted == len(steps) - len(ROLLED_BACK) - 2 * len(DONE)
    for (step, _), watcher, other in zip(steps, watchers, others, strict=True):
        check_completed(step, watcher)
        check_completed(step, other)
    assert not KeptEvent.objects.filter(posted_at=None).exists()
    assert run().posted == 0
