"""The memory of the processes of a run, while it goes on, and whether it is flat."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import combinations
from pathlib import Path
from statistics import median

from tests.faults.processes import Process

EVERY_SECONDS = 5.0
WATCHED = ("django", "celery", "gateway")
WARM_UP_SECONDS = 180.0
"""What a process does for the first time takes memory that it keeps."""
JUDGED_SECONDS = 300.0
"""So long a life goes on after its warm-up; a shorter one says nothing of growth."""
MOST_KB_PER_HOUR = 30_000.0
MOST_KB = 10_000.0
"""What is less, over all of the longest life, is noise."""


@dataclass(frozen=True, kw_only=True)
class Growth:
    """Of all lives of a kind: KB an hour, KB at most, how many `lives` were long enough
    to be judged, and the seconds of the longest of these after its warm-up."""

    kb_per_hour: float
    largest_kb: int
    lives: int
    longest_seconds: float

    @property
    def is_judged(self) -> bool:
        return self.lives > 0

    @property
    def is_flat(self) -> bool:
        grown = self.kb_per_hour * self.longest_seconds / 3600
        return self.kb_per_hour <= MOST_KB_PER_HOUR or grown <= MOST_KB


Samples = list[tuple[float, int]]
"""Seconds since the start of a process, and KB."""


@dataclass
class Memory:
    """`lives` are by kind and process id."""

    lives: dict[tuple[str, int], Samples] = field(
        default_factory=lambda: defaultdict(list)
    )
    _next: float = 0.0
    _born: dict[tuple[str, int], float] = field(default_factory=dict)

    def sample(self, processes: Sequence[Process], now: float) -> None:
        if now < self._next:
            return
        self._next = now + EVERY_SECONDS
        for process in processes:
            if process.kind in WATCHED and process.running:
                life = process.kind, process.running.pid
                born = self._born.setdefault(life, now)
                if kb := sum(map(_resident_kb, process.family())):
                    self.lives[life].append((now - born, kb))

    def growths(self) -> Mapping[str, Growth]:
        kinds = {kind for kind, _ in self.lives}
        return {kind: growth(self._of(kind)) for kind in sorted(kinds)}

    def _of(self, kind: str) -> list[Samples]:
        return [samples for (each, _), samples in self.lives.items() if each == kind]


def growth(lives: Sequence[Samples]) -> Growth:
    """The median of all slopes between two moments of a life; a restart begins a new
    one. A step is not taken for growth, such as the memory that a worker keeps after
    the first time that many of its tasks wait for another attempt; many steps are."""
    slopes: list[float] = []
    longest, warm = 0.0, 0
    for samples in lives:
        later = [(age, kb) for age, kb in samples if age >= WARM_UP_SECONDS]
        if not later or later[-1][0] - later[0][0] < JUDGED_SECONDS:
            continue
        warm += 1
        longest = max(longest, later[-1][0] - later[0][0])
        slopes += [
            (kb - former_kb) / (age - former_age)
            for (former_age, former_kb), (age, kb) in combinations(later, 2)
        ]
    return Growth(
        kb_per_hour=3600 * median(slopes) if slopes else 0.0,
        largest_kb=max((kb for samples in lives for _, kb in samples), default=0),
        lives=warm,
        longest_seconds=longest,
    )


def _resident_kb(pid: int) -> int:
    """0 for a process that has ended."""
    with suppress(OSError):
        for line in Path(f"/proc/{pid}/status").read_text().splitlines():
            if line.startswith("VmRSS:"):
                return int(line.split()[1])
    return 0
