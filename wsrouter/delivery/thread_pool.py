"""Posts in threads that live as long as one send."""

import logging
import threading
import time
from collections.abc import Callable

from wsrouter.delivery.ports import Attempt, Fate, Posted, Recipient, Work

logger = logging.getLogger("wsrouter.delivery")
Post = Callable[[Recipient, float], Posted]
"""Posts to a recipient, within these seconds."""
OVERTIME = 1.0
"""Seconds after which whoever hangs is cut off."""


def post_in_threads(
    work: Work, post: Post, *, threads: int, cut: Callable[[], None] = lambda: None
) -> None:
    """Make all posts with up to so many threads; the calling one reads the recipients.

    `cut` ends the posts that are still under way when the time is over.
    """
    more = work.refill()
    if not more and work.size < 2:
        return post_here(work, post)
    crew: list[threading.Thread] = []
    try:
        _hire(crew, min(threads, work.size), work, post)
        while more:
            work.wait_until_low()
            more = work.refill()
            _hire(crew, min(threads, work.size), work, post)
    except BaseException:
        work.abandon()
        raise
    finally:
        _dismiss(crew, work, cut)


def post_here(work: Work, post: Post) -> None:
    """Make all posts in the calling thread."""
    more = work.refill()
    while (taken := work.take()) is not None:
        if isinstance(taken, Attempt):
            _make(taken, work, post)
        elif not more:
            work.wait(taken)
        more = more and work.refill()


def _hire(crew: list[threading.Thread], size: int, work: Work, post: Post) -> None:
    while len(crew) < size:
        thread = threading.Thread(
            target=_run, args=(work, post), name="wsrouter-post", daemon=True
        )
        crew.append(thread)
        thread.start()


def _dismiss(crew: list[threading.Thread], work: Work, cut: Callable[[], None]) -> None:
    end = time.monotonic() + work.seconds_left + OVERTIME
    _join(crew, end)
    if any(each.is_alive() for each in crew):
        cut()
        _join(crew, end + OVERTIME)


def _join(crew: list[threading.Thread], end: float) -> None:
    for thread in crew:
        thread.join(max(0.0, end - time.monotonic()))


def _run(work: Work, post: Post) -> None:
    while (taken := work.take()) is not None:
        if isinstance(taken, Attempt):
            _make(taken, work, post)
        else:
            work.wait(taken)


def _make(attempt: Attempt, work: Work, post: Post) -> None:
    if attempt.wait:
        time.sleep(attempt.wait)
    try:
        posted = post(attempt.recipient, work.seconds_left)
    except Exception as error:
        logger.exception("A post failed.")
        posted = Posted(Fate.FAILED, type(error).__name__)
    work.settle(attempt, posted)
