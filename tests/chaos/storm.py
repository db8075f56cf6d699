"""Kills, stops and slows processes in turn, by chance from a seed, with calms between.

A process that is slowed is stopped for most of each moment, for some seconds.
"""

import heapq
import random
import signal
import time
from collections.abc import Callable, Sequence
from itertools import count

from django.db import Error, connection

from tests.chaos.memory import Memory
from tests.chaos.strikes import Strike, Strikes, now_ms
from tests.faults import database_sessions
from tests.faults.processes import Process

MEAN_PAUSE = 5.0
STORM_SECONDS, CALM_SECONDS = 180.0, 120.0
LONGEST_OUTAGE = 4.0
LONGEST_STOP = 8.0
LONGEST_SLOWNESS = 10.0
SERVERS = ("postgresql", "redis", "rabbitmq")
SLICE_STOPPED, SLICE_RUNNING = 0.25, 0.05
WEIGHTS = {
    ("django", "kill"): 5.0,
    ("django", "stop"): 2.0,
    ("django", "slow"): 2.0,
    ("celery", "kill"): 5.0,
    ("celery", "stop"): 2.0,
    ("celery", "slow"): 1.0,
    ("postgresql", "sessions"): 2.0,
    ("postgresql", "kill"): 0.5,
    ("postgresql", "stop"): 0.7,
    ("postgresql", "slow"): 0.7,
    ("redis", "kill"): 1.0,
    ("redis", "stop"): 0.7,
    ("redis", "slow"): 0.7,
    ("rabbitmq", "kill"): 0.7,
    ("rabbitmq", "stop"): 0.7,
    ("rabbitmq", "slow"): 0.7,
    ("gateway", "kill"): 0.2,
    ("gateway", "stop"): 0.5,
    ("gateway", "slow"): 0.5,
    ("reaper", "kill"): 1.5,
    ("reaper", "stop"): 0.7,
    ("reaper", "slow"): 0.3,
    ("publisher", "kill"): 2.0,
}


class Storm:
    """`spared` are never killed, so that their memory can be watched."""

    def __init__(
        self,
        processes: Sequence[Process],
        spared: Sequence[Process],
        chance: random.Random,
        memory: Memory,
    ) -> None:
        self.strikes = Strikes()
        self.broken_at: list[int] = []
        """Moments at which reads of the database may fail."""
        self.fallen: list[str] = []
        """Programs of wsrouter that have ended by themselves, and their last lines."""
        self.only: set[str] = set()
        """The kinds that are struck; all, where it is empty."""
        self._processes, self._spared = processes, spared
        self._chance, self._memory = chance, memory
        self._due: list[tuple[float, int, Callable[[], None]]] = []
        self._order = count()
        self._hit: set[int] = set()

    def rage(self, seconds: float) -> None:
        begin = time.monotonic()
        next_strike = begin
        while (now := time.monotonic()) < begin + seconds:
            self._do_due(now)
            self._memory.sample(self._processes, now)
            if now >= next_strike and self._is_stormy(now - begin):
                self._check()
                self._strike()
                next_strike = now + self._chance.expovariate(1 / MEAN_PAUSE)
            time.sleep(0.02)

    def heal(self) -> None:
        """End what was begun."""
        while self._due:
            self._do_due(self._due[0][0])
            time.sleep(0.02)

    def _is_stormy(self, age: float) -> bool:
        return age % (STORM_SECONDS + CALM_SECONDS) < STORM_SECONDS

    def _check(self) -> None:
        """Note what has ended by itself, and start it again. Servers of others do so
        when they find what a kill has left behind."""
        for process in self._processes:
            try:
                process.check()
            except RuntimeError as error:
                strike = self.strikes.add(process.kind, "ended")
                if process.kind not in SERVERS:
                    self.fallen.append(str(error))
                process.kill()
                process.start()
                strike.ended_at = now_ms()

    def _do_due(self, now: float) -> None:
        while self._due and self._due[0][0] <= now:
            _, _, act = heapq.heappop(self._due)
            act()

    def _later(self, seconds: float, act: Callable[[], None]) -> None:
        entry = (time.monotonic() + seconds, next(self._order), act)
        heapq.heappush(self._due, entry)

    def _strike(self) -> None:
        weights = {
            each: weight
            for each, weight in WEIGHTS.items()
            if not self.only or each[0] in self.only
        }
        ((kind, act),) = self._chance.choices(list(weights), list(weights.values()))
        chosen = [one for one in self._processes if one.kind == kind]
        process = self._chance.choice(chosen)
        longest = self._chance.random()
        if act == "sessions":
            self._end_sessions()
        elif id(process) in self._hit or process.running is None:
            return
        elif act == "kill" and process not in self._spared:
            self._kill(process, longest * LONGEST_OUTAGE)
        elif act == "stop":
            self._stop(process, 1 + longest * LONGEST_STOP)
        elif act == "slow":
            self._slow(process, 2 + longest * LONGEST_SLOWNESS)

    def _kill(self, process: Process, seconds: float) -> None:
        strike = self._begin(process, "killed")
        process.kill()

        def start() -> None:
            process.start()
            self._end(process, strike)

        self._later(seconds, start)

    def _stop(self, process: Process, seconds: float) -> None:
        strike = self._begin(process, "stopped")
        process.signal(signal.SIGSTOP)
        self._later(seconds, lambda: self._go_on(process, strike))

    def _slow(self, process: Process, seconds: float) -> None:
        strike, end = self._begin(process, "slowed"), time.monotonic() + seconds

        def hold() -> None:
            if time.monotonic() >= end:
                self._go_on(process, strike)
                return
            process.signal(signal.SIGSTOP)
            self._later(SLICE_STOPPED, release)

        def release() -> None:
            process.signal(signal.SIGCONT)
            self._later(SLICE_RUNNING, hold)

        hold()

    def _go_on(self, process: Process, strike: Strike) -> None:
        process.signal(signal.SIGCONT)
        self._end(process, strike)

    def _begin(self, process: Process, act: str) -> Strike:
        self._hit.add(id(process))
        if process.kind == "postgresql":
            self.broken_at.append(now_ms())
        return self.strikes.add(process.kind, act)

    def _end(self, process: Process, strike: Strike) -> None:
        self._hit.discard(id(process))
        if process.kind == "postgresql":
            self.broken_at.append(now_ms())
        strike.ended_at = now_ms()

    def _end_sessions(self) -> None:
        self.broken_at.append(now_ms())
        try:
            connection.close()
            if not self._is_hit("postgresql") and database_sessions.end_half(
                self._chance
            ):
                self.strikes.add("postgresql", "ended").ended_at = now_ms()
        except Error:  # the server is just coming back
            connection.close()

    def _is_hit(self, kind: str) -> bool:
        return any(p.kind == kind and id(p) in self._hit for p in self._processes)
