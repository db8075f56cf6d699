"""Posts in threads that live as long as one send."""

import logging
import threading
import time
from collections.abc import Callable
from contextvars import copy_context
from functools import partial

from wsrouter.delivery.ports import (
    Attempt,
    PostResult,
    PostStatus,
    Recipient,
    Schedule,
)

__all__ = ["post_in_this_thread", "post_in_threads"]

logger = logging.getLogger("wsrouter.delivery")
Post = Callable[[Recipient, float], PostResult]
"""Posts to a recipient, within so many seconds."""
OVERTIME_SECONDS = 1.0
"""Posts that are still under way so long after the end of the send are aborted."""


def post_in_threads(
    schedule: Schedule,
    post: Post,
    *,
    threads: int,
    abort: Callable[[], None] = lambda: None,
) -> None:
    """Make all posts with up to so many threads; the calling one reads the recipients.

    `abort` ends the posts that are still under way when the time is over.
    """
    more = schedule.refill()
    if not more and schedule.size < 2:
        return post_in_this_thread(schedule, post)
    started: list[threading.Thread] = []
    try:
        _start_threads(started, min(threads, schedule.size), schedule, post)
        while more:
            schedule.wait_until_low()
            more = schedule.refill()
            _start_threads(started, min(threads, schedule.size), schedule, post)
    except BaseException:
        schedule.abandon()
        raise
    finally:
        _end_threads(started, schedule, abort)


def post_in_this_thread(schedule: Schedule, post: Post) -> None:
    """Make all posts in the calling thread."""
    more = schedule.refill()
    while (taken := schedule.take()) is not None:
        if isinstance(taken, Attempt):
            _make_post(taken, schedule, post)
        elif not more:
            schedule.wait(taken)
        more = more and schedule.refill()


def _start_threads(
    started: list[threading.Thread], size: int, schedule: Schedule, post: Post
) -> None:
    while len(started) < size:
        # In the context of the send: what instruments a transport finds its span.
        run = partial(copy_context().run, _run, schedule, post)
        thread = threading.Thread(target=run, name="wsrouter-post", daemon=True)
        started.append(thread)
        thread.start()


def _end_threads(
    started: list[threading.Thread], schedule: Schedule, abort: Callable[[], None]
) -> None:
    end = time.monotonic() + schedule.seconds_left + OVERTIME_SECONDS
    _join(started, end)
    if any(thread.is_alive() for thread in started):
        abort()
        _join(started, end + OVERTIME_SECONDS)


def _join(started: list[threading.Thread], end: float) -> None:
    for thread in started:
        thread.join(max(0.0, end - time.monotonic()))


def _run(schedule: Schedule, post: Post) -> None:
    while (taken := schedule.take()) is not None:
        if isinstance(taken, Attempt):
            _make_post(taken, schedule, post)
        else:
            schedule.wait(taken)


def _make_post(attempt: Attempt, schedule: Schedule, post: Post) -> None:
    if attempt.wait:
        time.sleep(attempt.wait)
    try:
        result = post(attempt.recipient, schedule.seconds_left)
    except Exception as error:
        logger.exception("A post failed.")
        result = PostResult(PostStatus.FAILED, type(error).__name__)
    schedule.record(attempt, result)
