"""Where events leave after an answer: in threads of this process, or in the thread of
the request."""

import os
import sys
from collections.abc import Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache

from django.db import reset_queries

from wsrouter.delivery import send_threads
from wsrouter.delivery.send_threads import SendThreads
from wsrouter.registry import database
from wsrouter.registry.transactions import after_commits
from wsrouter.routing import after_answer
from wsrouter.routing.after_answer import Leaving, MessageQueue, TimeBudget
from wsrouter.wiring import substitutes

_LAMBDA = "AWS_LAMBDA_FUNCTION_NAME"
"""Lambda freezes a process as soon as it has answered, with all of its threads."""
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
    submitted = None if _is_in_place() else _threads().submit(batch, must=must_not_wait)
    if submitted is None:
        send_threads.run_in_place(batch)
    return submitted


@cache
def replies_first() -> bool:
    """Whether this process can do something after an answer."""
    return _LAMBDA not in os.environ


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


@cache
def _threads() -> SendThreads:
    return SendThreads(begin=database.close_old_connections, end=_end)


def _end() -> None:
    reset_queries()
    database.close_old_connections()


def _is_in_place() -> bool:
    """A test's transaction is seen by its own thread only, and a test wants to see what
    was sent: Django's test runner, and pytest-django, replace the outbox."""
    mail = sys.modules.get("django.core.mail")
    is_test = substitutes.current.transport is not None or hasattr(mail, "outbox")
    return is_test or _uwsgi_runs_no_threads()


@cache
def _uwsgi_runs_no_threads() -> bool:
    """uWSGI starts without Python's threads unless told otherwise; the module exists
    only inside of it."""
    options = getattr(sys.modules.get("uwsgi"), "opt", None)
    if options is None:
        return False
    given = {_text(name): _text(value) for name, value in options.items()}
    if given.get("threads", "0") not in ("0", "1"):
        return False
    return given.get("enable-threads", "0").lower() in ("0", "false", "off", "no")


def _text(value: object) -> str:
    """Names and values are bytes in some versions of uWSGI."""
    return value.decode() if isinstance(value, bytes) else str(value)
