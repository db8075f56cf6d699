"""A token bucket that schedules posts at a rate."""

import threading
import time
from collections.abc import Callable

BURST_SECONDS = 0.05
"""The posts of so many seconds may be made at once."""


class TokenBucket:
    """Allows `rate` posts a second, with bursts of BURST_SECONDS."""

    def __init__(
        self, rate: float, *, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._interval = 1 / rate
        self._clock = clock
        self._next = clock()
        self._lock = threading.Lock()

    def reserve(self, longest: float) -> float | None:
        """Take a token; the seconds until it may be used. When that would be more than
        `longest` seconds, no token is taken, and None is returned."""
        with self._lock:
            now = self._clock()
            at = max(self._next, now - BURST_SECONDS)
            if at - now > longest:
                return None
            self._next = at + self._interval
        return max(0.0, at - now)
