"""The posts of one send: which one is next, and the result of each."""

import heapq
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator

from wsrouter.delivery.ports import (
    Attempt,
    Bucket,
    PostResult,
    PostStatus,
    Recipient,
    StageAddress,
)
from wsrouter.delivery.retry import RetryPolicy
from wsrouter.delivery.tally import Tally

LOW_MARK = 500
"""Recipients: the next page is read when fewer are left to be handed out."""
MAX_WAITING_RETRIES = 1000
"""Recipients: when so many wait for their next attempt, no new ones are handed out."""
OUT_OF_TIME = "out_of_time"
FORBIDDEN = "forbidden"
UNANSWERED = "unanswered"


class PostSchedule:
    """Hands out posts in the order of the pages, at the bucket's rate, and hands out
    retryable ones again. Every recipient is counted once, whatever happens."""

    def __init__(
        self,
        pages: Iterator[list[Recipient]],
        *,
        bucket: Bucket,
        retry_policy: RetryPolicy,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.tally = Tally()
        self._pages = pages
        self._bucket = bucket
        self._retry_policy = retry_policy
        self._clock = clock
        self._deadline = clock() + retry_policy.seconds
        self._new: deque[Recipient] = deque()
        self._retries: list[tuple[float, int, Recipient, int]] = []
        self._tie_breaker = self._in_flight = 0
        self._is_read = self._is_abandoned = False
        self._blocked: set[StageAddress] = set()
        self._lock = threading.Lock()
        self._changed = threading.Condition(self._lock)
        self._is_low = threading.Condition(self._lock)

    @property
    def size(self) -> int:
        return len(self._new)

    @property
    def seconds_left(self) -> float:
        return max(0.0, self._deadline - self._clock())

    def refill(self) -> bool:
        while not self._is_read and (
            len(self._new) < LOW_MARK or not self.seconds_left
        ):
            page = next(self._pages, None)
            with self._changed:
                self._add(page)
        return not self._is_read

    def take(self) -> Attempt | float | None:
        with self._lock:
            now = self._clock()
            if now >= self._deadline:
                self._fail_the_rest()
            candidate = self._next_recipient(now)
            if candidate is None:
                return self._seconds_to_wait(now)
            wait = self._bucket.reserve(self._deadline - now)
            if wait is None:
                self.tally.fail(OUT_OF_TIME)
                self._fail_the_rest()
                return self._seconds_to_wait(now)
            self._in_flight += 1
        return Attempt(*candidate, wait)

    def record(self, attempt: Attempt, result: PostResult) -> None:
        with self._lock:
            if self._is_abandoned:
                return
            self._in_flight -= 1
            if result.status is PostStatus.DELIVERED:
                self.tally.delivered += 1
            else:
                self._retry_or_count(attempt, result)
            if self._is_read and not (self._in_flight or self._new):
                self._changed.notify_all()
                self._is_low.notify_all()

    def wait(self, seconds: float) -> None:
        with self._changed:
            if not self._is_done():
                self._changed.wait(min(seconds, self.seconds_left + 0.01))

    def wait_until_low(self) -> None:
        with self._is_low:
            while len(self._new) >= LOW_MARK and self._clock() < self._deadline:
                self._is_low.wait(self.seconds_left + 0.01)

    def abandon(self) -> None:
        """Hand out no more posts and ignore later results; count what is left as
        failed."""
        with self._changed:
            self._is_abandoned = self._is_read = True
            self._fail_the_rest()
            self.tally.fail(UNANSWERED, self._in_flight)
            self._in_flight = 0
            self._changed.notify_all()

    def finish(self) -> None:
        """Count the recipients without an answer, and those not even read, as
        failed."""
        self._deadline = self._clock()
        self.refill()
        self.abandon()

    def _add(self, page: list[Recipient] | None) -> None:
        if page is None:
            self._is_read = True
            self._changed.notify_all()
        elif self.seconds_left:
            self._new.extend(page)
            self._changed.notify(len(page))
        else:
            self.tally.fail(OUT_OF_TIME, len(page))

    def _next_recipient(self, now: float) -> tuple[Recipient, int] | None:
        while True:
            if self._retries and self._retries[0][0] <= now:
                recipient, number = heapq.heappop(self._retries)[2:]
            elif self._new and len(self._retries) < MAX_WAITING_RETRIES:
                recipient, number = self._new.popleft(), 1
                if len(self._new) == LOW_MARK - 1:
                    self._is_low.notify_all()
            else:
                return None
            if recipient.stage_address not in self._blocked:
                return recipient, number
            self.tally.fail(FORBIDDEN)

    def _seconds_to_wait(self, now: float) -> float | None:
        if self._is_done():
            self._changed.notify_all()
            return None
        if self._retries:
            return max(0.001, self._retries[0][0] - now)
        return max(0.001, self._deadline - now)

    def _is_done(self) -> bool:
        return self._is_read and not (self._new or self._retries or self._in_flight)

    def _retry_or_count(self, attempt: Attempt, result: PostResult) -> None:
        recipient, number, _ = attempt
        if result.stage_error:
            self._blocked.add(recipient.stage_address)
            self.tally.stopped = result.stage_error
        delay = self._retry_policy.delay(recipient, number, result)
        due = self._clock() + (delay or 0)
        if delay is None or due >= self._deadline:
            self.tally.count(recipient, result)
            return
        self._tie_breaker += 1
        heapq.heappush(self._retries, (due, self._tie_breaker, recipient, number + 1))
        self._changed.notify()

    def _fail_the_rest(self) -> None:
        """The time is over: recipients that were not posted to have failed."""
        self.tally.fail(OUT_OF_TIME, len(self._new) + len(self._retries))
        self._new.clear()
        self._retries.clear()
        self._is_low.notify_all()
