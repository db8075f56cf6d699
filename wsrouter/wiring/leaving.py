"""Where events leave after an answer: in threads of this process, or in the thread of
the request."""

import sys
from collections.abc import Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from contextvars import ContextVar

from wsrouter.delivery import batch_threads
from wsrouter.registry.transactions import after_commits
from wsrouter.routing import after_answer
from wsrouter.routing.after_answer import Leaving, MessageQueue, TimeBudget
from wsrouter.wiring import process_threads

_held: ContextVar[list[MessageQueue] | None] = ContextVar("wsrouter_held", default=None)


def postpone(run: Leaving, size: int = 0) -> bool:
    """Do this after the commit of every open transaction, and after the answer to the
    message that is being handled. Returns False, and does nothing, where neither is to
    be waited for."""
    waiting = after_answer.reserve(run, size)
    if waiting is None:
        return after_commits(lambda: run(TimeBudget()))
    if not after_commits(waiting.ready):
        waiting.ready()
    return True


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
