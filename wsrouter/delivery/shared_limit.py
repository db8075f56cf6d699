"""A limit of posts a second that several processes keep together.

Time is cut into windows, and each process takes shares of a window's posts from one
counter that all of them see. A share that finds a window used up takes from the next.
"""

import logging
import threading
import time
from collections.abc import Callable

from wsrouter.delivery.ports import Bucket

logger = logging.getLogger("wsrouter.delivery")
WINDOW_SECONDS = 0.1
SHARES = 20
"""A window has so many: the counter is asked once for each, and not for each post."""
PAUSE_SECONDS = 5.0
"""After a failure the counter is left alone for so long."""

Count = Callable[[int, int], int]
"""Adds a number of posts to a window, by the window's number, and returns all of its
posts; atomic across processes."""


class SharedLimit:
    """Allows `rate` posts a second to all processes together, and to this one no more
    than `local` does, which is the only limit while the counter fails."""

    def __init__(
        self,
        local: Bucket,
        rate: float,
        count: Count,
        *,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._local, self._count, self._clock = local, count, clock
        self._budget = max(1, int(rate * WINDOW_SECONDS))
        self._seconds = self._budget / rate
        self._share = max(1, self._budget // SHARES)
        self._window = self._left = 0
        self._paused_until = 0.0
        self._is_failing = False
        self._lock = threading.Lock()

    def reserve(self, longest: float) -> float | None:
        """As a Bucket does."""
        wait = self._local.reserve(longest)
        if wait is None:
            return None
        with self._lock:
            shared = self._take(self._clock(), longest)
        return None if shared > longest else max(wait, shared)

    def _take(self, now: float, longest: float) -> float:
        """Seconds until the window of the next post; more than `longest` takes none."""
        current = int(now / self._seconds)
        has_share = self._left > 0 and self._window >= current
        if not has_share and not self._has_taken(current, now, longest):
            return 0.0 if self._is_failing else longest + self._seconds
        self._left -= 1
        return max(0.0, self._window * self._seconds - now)

    def _has_taken(self, current: int, now: float, longest: float) -> bool:
        if now < self._paused_until:
            return False
        window = max(current, self._window)
        try:
            while window * self._seconds - now <= longest:
                used = self._count(window, self._share)
                self._left = min(self._share, self._budget - used + self._share)
                if self._left > 0:
                    self._window = window
                    self._note_working()
                    return True
                window += 1
        except Exception:
            self._paused_until = now + PAUSE_SECONDS
            if not self._is_failing:
                self._is_failing = True
                logger.exception(
                    "SHARED_POSTS_PER_SECOND cannot be kept, because its cache fails:"
                    " each process posts POSTS_PER_SECOND until it answers again."
                )
        self._left, self._window = 0, window
        return False

    def _note_working(self) -> None:
        if self._is_failing:
            self._is_failing = False
            logger.warning("The shared limit of posts is kept again.")
