"""Faults, one after the other, each a moment after the last."""

import random
import time
from collections import Counter, defaultdict
from collections.abc import Sequence

from tests.faults import database_sessions
from tests.faults.processes import Process
from wsrouter.models import Stream
from wsrouter.registry.streams.numbering import new_epoch

MEAN_PAUSE = 3.0
"""Each start of a process costs seconds of a processor."""
LONGEST_OUTAGE = 3.0
WEIGHTS = {
    "django": 6,
    "publisher": 3,
    "reaper": 1,
    "gateway": 1,
    "sessions": 1,
    "epoch": 0.5,
}


def now_ms() -> int:
    return int(time.time() * 1000)


class Storm:
    """`broken_at` are the moments at which sessions of the database were ended,
    `epochs_at` those at which a stream got another epoch by hand."""

    def __init__(self, processes: Sequence[Process], chance: random.Random) -> None:
        self.counts: Counter[str] = Counter()
        self.broken_at: list[int] = []
        self.epochs_at: dict[str, list[int]] = defaultdict(list)
        self._processes, self._chance = processes, chance
        self._restarts: list[tuple[float, Process]] = []

    def rage(self, seconds: float) -> None:
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            time.sleep(self._chance.expovariate(1 / MEAN_PAUSE))
            for process in self._processes:
                process.check()
            self._restart(time.monotonic())
            (kind,) = self._chance.choices(list(WEIGHTS), list(WEIGHTS.values()))
            self._strike(kind)

    def heal(self) -> None:
        self._restart(float("inf"))

    def _strike(self, kind: str) -> None:
        if kind == "sessions":
            self._end_sessions()
        elif kind == "epoch":
            self._change_an_epoch()
        else:
            chosen = [one for one in self._processes if one.kind == kind]
            process = self._chance.choice(chosen)
            if process.kill():
                back = time.monotonic() + self._chance.random() * LONGEST_OUTAGE
                self._restarts.append((back, process))

    def _restart(self, now: float) -> None:
        due = [(at, process) for at, process in self._restarts if at <= now]
        self._restarts = [each for each in self._restarts if each not in due]
        for _, process in due:
            process.start()

    def _end_sessions(self) -> None:
        self.broken_at.append(now_ms())
        self.counts["sessions"] += database_sessions.end_half(self._chance)

    def _change_an_epoch(self) -> None:
        """As `ws_streams --new-epochs` does."""
        streams = list(Stream.objects.all())
        if streams:
            stream = self._chance.choice(streams)
            self.epochs_at[stream.public_id].append(now_ms())
            Stream.objects.filter(pk=stream.pk).update(epoch=new_epoch())
            self.counts["epochs"] += 1
