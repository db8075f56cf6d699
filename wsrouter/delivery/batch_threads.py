"""Threads of this process for what follows an answer: sends, and sockets to close."""

import logging
import os
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from threading import RLock

from wsrouter.routing.after_answer import Batch, TimeBudget

logger = logging.getLogger("wsrouter.delivery")
THREADS = 4
MAX_WAITING_SENDS = 256
MAX_WAITING_BYTES = 8 * 1024 * 1024
LATEST_SECONDS = 25.0
"""What leaves in a request's own thread has ended so long after the request began: API
Gateway waits 29 seconds for an answer, and servers kill workers after 30."""


def run_batch(batch: Batch, budget: TimeBudget) -> None:
    """Do everything of a batch, in order; what fails is logged."""
    for leave in batch.leaving:
        try:
            leave(budget)
        except Exception:
            logger.exception("What was to follow an answer failed.")


def run_in_place(batch: Batch) -> None:
    """Do it in the thread of the request."""
    run_batch(batch, TimeBudget(batch.began_at + LATEST_SECONDS))


class BatchThreads:
    """Runs batches in threads with this name. When the process ends, Python waits for
    them: they are those of a ThreadPoolExecutor. `begin` and `end` are called around
    each batch."""

    def __init__(
        self, name: str, *, begin: Callable[[], object], end: Callable[[], object]
    ) -> None:
        self._name, self._begin, self._end = name, begin, end
        self._lock = RLock()  # a response that is collected as garbage hands over, too
        self._executor: ThreadPoolExecutor | None = None
        self._sends = self._bytes = 0
        os.register_at_fork(after_in_child=self._reset)

    def submit(self, batch: Batch, *, must: bool = False) -> "Future[None] | None":
        """Run a batch soon. None when too much is waiting (unless it `must`), or when
        the process is about to end: the caller runs it then."""
        with self._lock:
            if self._sends and not must and self._is_too_much(batch):
                return None
            if self._executor is None:
                self._executor = ThreadPoolExecutor(THREADS, self._name)
            try:
                submitted = self._executor.submit(self._run, batch)
            except RuntimeError:  # no thread can be started any more
                return None
            self._sends += len(batch.leaving)
            self._bytes += batch.size
        return submitted

    def close(self) -> None:
        """Wait until everything is done, and end the threads; for tests."""
        with self._lock:
            executor, self._executor = self._executor, None
        if executor is not None:
            executor.shutdown()

    def _is_too_much(self, batch: Batch) -> bool:
        return (
            self._sends + len(batch.leaving) > MAX_WAITING_SENDS
            or self._bytes + batch.size > MAX_WAITING_BYTES
        )

    def _run(self, batch: Batch) -> None:
        with self._lock:
            self._sends -= len(batch.leaving)
            self._bytes -= batch.size
        try:
            self._begin()
            run_batch(batch, TimeBudget())
        except Exception:
            logger.exception("What was to follow an answer failed.")
        finally:
            self._end()

    def _reset(self) -> None:
        """A forked process has none of the threads of its parent."""
        self._executor = None
        self._sends = self._bytes = 0
