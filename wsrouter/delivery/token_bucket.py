"""A token bucket that hands out moments."""

import threading
import time
from collections.abc import Callable


class Bucket:
    """Allows `rate` posts a second, and a twentieth of a second's worth at once."""

    def __init__(
        self, rate: float, *, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._each = 1 / rate
        self._burst = 0.05
        self._clock = clock
        self._next = clock()
        self._lock = threading.Lock()

    def reserve(self, longest: float) -> float | None:
        """Take a token and tell in how many seconds it may be used; take none when that
        is longer than `longest`."""
        with self._lock:
            now = self._clock()
            at = max(self._next, now - self._burst)
            if at - now > longest:
                return None
            self._next = at + self._each
        return max(0.0, at - now)
