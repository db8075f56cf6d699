"""The posts of one send: what to do next, and what became of each."""

import heapq
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator

from wsrouter.delivery.ports import Attempt, Fate, Place, Posted, Recipient
from wsrouter.delivery.retry import Patience
from wsrouter.delivery.tally import Tally
from wsrouter.delivery.token_bucket import Bucket

LOW = 500
"""So many recipients are kept at hand while the next page is read."""
RETRIES = 1000
"""So many wait for their next attempt before new recipients have to wait for them."""
OUT_OF_TIME = "out_of_time"
FORBIDDEN = "forbidden"
UNANSWERED = "unanswered"


class Agenda:
    """Hands out posts in the order of the pages, at the bucket's rate, and again when
    they may succeed later. Every recipient is counted once, whatever happens."""

    def __init__(
        self,
        pages: Iterator[list[Recipient]],
        *,
        bucket: Bucket,
        patience: Patience,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.tally = Tally()
        self._pages = pages
        self._bucket = bucket
        self._patience = patience
        self._clock = clock
        self._deadline = clock() + patience.seconds
        self._fresh: deque[Recipient] = deque()
        self._again: list[tuple[float, int, Recipient, int]] = []
        self._serial = self._under_way = 0
        self._is_read = self._is_over = False
        self._blocked: set[Place] = set()
        self._lock = threading.Lock()
        self._changed = threading.Condition(self._lock)
        self._is_low = threading.Condition(self._lock)

    @property
    def size(self) -> int:
        return len(self._fresh)

    @property
    def seconds_left(self) -> float:
        return max(0.0, self._deadline - self._clock())

    def refill(self) -> bool:
        while not self._is_read and (len(self._fresh) < LOW or not self.seconds_left):
            page = next(self._pages, None)
            with self._changed:
                self._add(page)
        return not self._is_read

    def take(self) -> Attempt | float | None:
        with self._lock:
            now = self._clock()
            if now >= self._deadline:
                self._give_up()
            candidate = self._next(now)
            if candidate is None:
                return self._pause(now)
            wait = self._bucket.reserve(self._deadline - now)
            if wait is None:
                self.tally.fail(OUT_OF_TIME)
                self._give_up()
                return self._pause(now)
            self._under_way += 1
        return Attempt(*candidate, wait)

    def settle(self, attempt: Attempt, posted: Posted) -> None:
        with self._lock:
            if self._is_over:
                return
            self._under_way -= 1
            if posted.fate is Fate.DELIVERED:
                self.tally.delivered += 1
            else:
                self._not_delivered(attempt, posted)
            if self._is_read and not (self._under_way or self._fresh):
                self._changed.notify_all()
                self._is_low.notify_all()

    def wait(self, seconds: float) -> None:
        with self._changed:
            if not self._is_done():
                self._changed.wait(min(seconds, self.seconds_left + 0.01))

    def wait_until_low(self) -> None:
        with self._is_low:
            while len(self._fresh) >= LOW and self._clock() < self._deadline:
                self._is_low.wait(self.seconds_left + 0.01)

    def abandon(self) -> None:
        """Hand out nothing more, and hear of nothing more; what is left is counted."""
        with self._changed:
            self._is_over = self._is_read = True
            self._give_up()
            self.tally.fail(UNANSWERED, self._under_way)
            self._under_way = 0
            self._changed.notify_all()

    def finish(self) -> None:
        """Count everyone who has no answer yet, and those who were not even read."""
        self._deadline = self._clock()
        self.refill()
        self.abandon()

    def _add(self, page: list[Recipient] | None) -> None:
        if page is None:
            self._is_read = True
            self._changed.notify_all()
        elif self.seconds_left:
            self._fresh.extend(page)
            self._changed.notify(len(page))
        else:
            self.tally.fail(OUT_OF_TIME, len(page))

    def _next(self, now: float) -> tuple[Recipient, int] | None:
        while True:
            if self._again and self._again[0][0] <= now:
                recipient, number = heapq.heappop(self._again)[2:]
            elif self._fresh and len(self._again) < RETRIES:
                recipient, number = self._fresh.popleft(), 1
                if len(self._fresh) == LOW - 1:
                    self._is_low.notify_all()
            else:
                return None
            if recipient.place not in self._blocked:
                return recipient, number
            self.tally.fail(FORBIDDEN)

    def _pause(self, now: float) -> float | None:
        if self._is_done():
            self._changed.notify_all()
            return None
        if self._again:
            return max(0.001, self._again[0][0] - now)
        return max(0.001, self._deadline - now)

    def _is_done(self) -> bool:
        return self._is_read and not (self._fresh or self._again or self._under_way)

    def _not_delivered(self, attempt: Attempt, posted: Posted) -> None:
        recipient, number, _ = attempt
        if posted.stop:
            self._blocked.add(recipient.place)
            self.tally.stopped = posted.stop
        delay = self._patience.delay(recipient, number, posted)
        due = self._clock() + (delay or 0)
        if delay is None or due >= self._deadline:
            self.tally.count(recipient, posted)
            return
        self._serial += 1
        heapq.heappush(self._again, (due, self._serial, recipient, number + 1))
        self._changed.notify()

    def _give_up(self) -> None:
        """At the end of the time: what was not posted has failed."""
        self.tally.fail(OUT_OF_TIME, len(self._fresh) + len(self._again))
        self._fresh.clear()
        self._again.clear()
        self._is_low.notify_all()
