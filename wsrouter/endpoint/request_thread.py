"""A thread for the sync functions of a message that is answered on an event loop.

Django gives every ASGI request a thread of its own, with a database connection of its
own. A RequestThread does so only for a request that needs a thread, and threads are
reused, so persistent connections (`CONN_MAX_AGE`) work.
"""

import asyncio
from collections import deque
from collections.abc import Callable
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from contextvars import Token
from typing import Any

from asgiref.sync import SyncToAsync, ThreadSensitiveContext
from django.db import connections

MAX_IDLE_THREADS = 32
"""So many threads wait for the next request; further ones end with theirs."""
_idle: deque[ThreadPoolExecutor] = deque()


def _nothing() -> None:
    """Django's own handler sends its signals in the thread."""


class RequestThread(ThreadSensitiveContext):
    """Inside the context, `sync_to_async` runs everything in one thread. `begin` runs
    there first and `end` last; neither runs when no thread is needed."""

    def __init__(
        self,
        *,
        begin: Callable[[], object] = _nothing,
        end: Callable[[], object] = _nothing,
    ) -> None:
        super().__init__()
        self._lazy_executor, self._end = _LazyExecutor(begin), end
        self._token: Token[ThreadSensitiveContext] | None = None

    async def __aenter__(self) -> "RequestThread":
        self._token = SyncToAsync.thread_sensitive_context.set(self)
        SyncToAsync.context_to_thread_executor[self] = self._lazy_executor  # type: ignore[assignment, unused-ignore]
        return self

    async def __aexit__(self, *_: object) -> None:
        SyncToAsync.context_to_thread_executor.pop(self, None)
        if self._token:
            SyncToAsync.thread_sensitive_context.reset(self._token)
        if thread := self._lazy_executor.thread:
            try:
                if self._end is not _nothing and not self._lazy_executor.has_ended:
                    await asyncio.wrap_future(thread.submit(self._end))
            finally:
                _give_back(thread)

    def end_in_this_visit(self) -> None:
        """Run `end` now, in the thread, so that it needs no visit of its own; it runs
        again when something else is submitted afterwards."""
        self._end()
        self._lazy_executor.has_ended = True


class _LazyExecutor(Executor):
    """Takes an idle thread, or starts one, when it is given its first function."""

    def __init__(self, begin: Callable[[], object]) -> None:
        self.thread: ThreadPoolExecutor | None = None
        self.has_ended = False
        self._begin = begin

    def submit(
        self, function: Callable[..., Any], /, *args: Any, **kwargs: Any
    ) -> "Future[Any]":
        self.has_ended = False
        if self.thread is not None:
            return self.thread.submit(function, *args, **kwargs)
        self.thread = _take()
        return self.thread.submit(self._begin_then, function, *args, **kwargs)

    def _begin_then(
        self, function: Callable[..., Any], *args: Any, **kwargs: Any
    ) -> Any:
        self._begin()
        return function(*args, **kwargs)


def _take() -> ThreadPoolExecutor:
    try:
        return _idle.pop()
    except IndexError:
        return ThreadPoolExecutor(max_workers=1, thread_name_prefix="wsrouter")


def _give_back(thread: ThreadPoolExecutor) -> None:
    if len(_idle) < MAX_IDLE_THREADS:
        _idle.append(thread)
        return
    thread.submit(connections.close_all)
    thread.shutdown(wait=False)
