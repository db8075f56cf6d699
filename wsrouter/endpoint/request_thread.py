"""Threads for the sync code of messages that are answered on an event loop.

Django gives every ASGI request a thread of its own, with a database connection of its
own. A lane does so too, but only for a request that needs one, and the thread stays:
with it a persistent connection.
"""

import asyncio
from collections import deque
from collections.abc import Callable
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from contextvars import Token
from typing import Any

from asgiref.sync import SyncToAsync, ThreadSensitiveContext
from django.db import connections

IDLE = 32
"""How many threads wait for work; those above end with theirs."""
_idle: deque[ThreadPoolExecutor] = deque()

Step = Callable[[], object]


class Lane(ThreadSensitiveContext):
    """Entered, it makes `sync_to_async` run in one thread. `begin` runs there before
    anything else and `end` after everything: neither when no thread is needed."""

    def __init__(self, *, begin: Step, end: Step) -> None:
        super().__init__()
        self._thread, self._end = _Thread(begin), end
        self._token: Token[ThreadSensitiveContext] | None = None

    async def __aenter__(self) -> "Lane":
        self._token = SyncToAsync.thread_sensitive_context.set(self)
        SyncToAsync.context_to_thread_executor[self] = self._thread  # type: ignore[assignment, unused-ignore]
        return self

    async def __aexit__(self, *_: object) -> None:
        SyncToAsync.context_to_thread_executor.pop(self, None)
        if self._token:
            SyncToAsync.thread_sensitive_context.reset(self._token)
        if taken := self._thread.taken:
            try:
                await asyncio.wrap_future(taken.submit(self._end))
            finally:
                _give_back(taken)


class _Thread(Executor):
    """One that waits, or a new one, from the first work on."""

    def __init__(self, begin: Step) -> None:
        self.taken: ThreadPoolExecutor | None = None
        self._begin = begin

    def submit(
        self, work: Callable[..., Any], /, *args: Any, **options: Any
    ) -> "Future[Any]":
        if self.taken is not None:
            return self.taken.submit(work, *args, **options)
        self.taken = _take()
        return self.taken.submit(self._first, work, *args, **options)

    def _first(self, work: Callable[..., Any], *args: Any, **options: Any) -> Any:
        self._begin()
        return work(*args, **options)


def _take() -> ThreadPoolExecutor:
    try:
        return _idle.pop()
    except IndexError:
        return ThreadPoolExecutor(max_workers=1, thread_name_prefix="wsrouter")


def _give_back(thread: ThreadPoolExecutor) -> None:
    if len(_idle) < IDLE:
        _idle.append(thread)
        return
    thread.submit(connections.close_all)
    thread.shutdown(wait=False)
