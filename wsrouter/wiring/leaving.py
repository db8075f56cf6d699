"""Where events leave after an answer: in threads of this process, or in the thread of
the request."""

import sys
import time
from collections.abc import Hashable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from contextvars import ContextVar
from functools import partial

from wsrouter.delivery import batch_threads
from wsrouter.registry.transactions import after_commits
from wsrouter.routing import after_answer, telemetry
from wsrouter.routing.after_answer import Batch, Leaving, MessageQueue, TimeBudget
from wsrouter.wiring import process_threads

_held: ContextVar[list[MessageQueue] | None] = ContextVar("wsrouter_held", default=None)


def postpone(run: Leaving, size: int = 0) -> bool:
    """Do this after the commit of every open transaction, and after the answer to the
    message that is being handled. Returns False, and does nothing, where neither is to
    be waited for."""
    run = telemetry.bind(run)
    waiting = after_answer.reserve(run, size)
    if waiting is None:
        return after_commits(lambda: run(TimeBudget()))
    if not after_commits(waiting.ready):
        waiting.ready()
    return True


def follow(run: Leaving) -> None:
    """Do this at the same moment as `postpone` does, but never in the thread that has
    committed, unless it is that of a message or there is no other one."""
    run = telemetry.bind(run)
    waiting = after_answer.reserve(run)
    ready = partial(start, run) if waiting is None else waiting.ready
    if not after_commits(ready):
        ready()


def start(run: Leaving) -> None:
    """Do this soon, in a thread of this process where there are any."""
    batch = Batch([run], 0, time.monotonic())
    if _is_in_place() or process_threads.sends().submit(batch) is None:
        batch_threads.run_in_place(batch)


def start_later(key: Hashable, seconds: float, run: Leaving) -> None:
    """The same after so many seconds, once for a key that waits already. It may not be
    done at all: where there are no threads, and when the process ends before."""
    if not _is_in_place():
        batch = Batch([run], 0, time.monotonic())
        begin = partial(process_threads.sends().submit, batch, must=True)
        process_threads.delays().add(key, seconds, begin)


def starts_later(key: Hashable) -> bool:
    """Whether `start_later` will do something with this key."""
    return process_threads.delays().has(key)


def hand_over(
    queue: MessageQueue, *, must_not_wait: bool = False
) -> "Future[None] | None":
    """Let everything leave that waited in a queue; call it when the answer was sent.

    Returns a future when it leaves in another thread, and None when it has left.
    `must_not_wait`: the caller may be an event loop, so that other threads have to take
    it, however much they have.
    """
    if (held := _held.get()) is not None:
        held.append(queue)
        return None
    batch = queue.take()
    if batch is None:
        return None
    submitted = None
    if not _is_in_place():
        submitted = process_threads.sends().submit(batch, must=must_not_wait)
    if submitted is None:
        batch_threads.run_in_place(batch)
    return submitted


@contextmanager
def held() -> Iterator[None]:
    """Hold back what the block hands over until its end."""
    queues: list[MessageQueue] = []
    token = _held.set(queues)
    try:
        yield
    finally:
        _held.reset(token)
        for queue in queues:
            hand_over(queue)


def _is_in_place() -> bool:
    """Also where a test wants to see what was sent: Django's test runner, and
    pytest-django, replace the outbox."""
    mail = sys.modules.get("django.core.mail")
    return hasattr(mail, "outbox") or not process_threads.are_usable()
