"""What was done to the processes of a run, and when."""

import time
from collections import Counter
from dataclasses import dataclass, field

SLACK_MS = 2000
"""Between the clocks of processes, and for a frame on its way."""


def now_ms() -> int:
    return int(time.time() * 1000)


@dataclass(kw_only=True)
class Strike:
    """`act` is `killed`, `stopped`, `slowed` or `ended`; `ended_at` is when the process
    was started again, or went on."""

    kind: str
    act: str
    at: int
    ended_at: int | None = None


@dataclass
class Strikes:
    """In their order."""

    all: list[Strike] = field(default_factory=list)

    def add(self, kind: str, act: str) -> Strike:
        strike = Strike(kind=kind, act=act, at=now_ms())
        self.all.append(strike)
        return strike

    def between(self, begin: int, end: int, *, before: int = 0) -> list[Strike]:
        """Those that were at work at some time of it, or ended at most `before`
        milliseconds earlier."""
        return [
            strike
            for strike in self.all
            if strike.at <= end + SLACK_MS
            and (strike.ended_at or end) + before + SLACK_MS >= begin
        ]

    def counted(self) -> Counter[tuple[str, str]]:
        return Counter((strike.kind, strike.act) for strike in self.all)
