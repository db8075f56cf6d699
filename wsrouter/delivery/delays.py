"""Starts things after a time: one thread for all of them, while anything waits."""

import logging
import os
import time
from collections.abc import Callable, Hashable
from heapq import heappop, heappush
from itertools import count
from threading import Condition, Thread

logger = logging.getLogger("wsrouter.delivery")


class Delays:
    """Calls functions that do not take long, each once after its time. What still waits
    when the process ends is dropped: the thread is a daemon."""

    def __init__(self, name: str) -> None:
        self._name, self._numbers = name, count()
        self._changed = Condition()
        self._keys: set[Hashable] = set()
        self._waiting: list[tuple[float, int, Hashable, Callable[[], object]]] = []
        self._thread: Thread | None = None
        os.register_at_fork(after_in_child=self._reset)

    def add(self, key: Hashable, seconds: float, run: Callable[[], object]) -> None:
        """Call `run` after so many seconds, unless the key waits already."""
        with self._changed:
            if key in self._keys:
                return
            self._keys.add(key)
            due = time.monotonic() + seconds
            heappush(self._waiting, (due, next(self._numbers), key, run))
            if self._thread is None:
                self._thread = Thread(target=self._work, name=self._name, daemon=True)
                self._thread.start()
            self._changed.notify()

    def has(self, key: Hashable) -> bool:
        """Whether something with this key waits, and has not begun."""
        with self._changed:
            return key in self._keys

    def close(self) -> None:
        """Drop what waits, and wait until the thread has ended; for tests."""
        with self._changed:
            self._keys.clear()
            self._waiting.clear()
            thread = self._thread
            self._changed.notify()
        if thread is not None:
            thread.join()

    def _work(self) -> None:
        while (run := self._next()) is not None:
            try:
                run()
            except Exception:
                logger.exception("What was to be done later failed.")

    def _next(self) -> Callable[[], object] | None:
        """Waits for the next one; None when nothing waits any more."""
        with self._changed:
            while self._waiting:
                seconds = self._waiting[0][0] - time.monotonic()
                if seconds <= 0:
                    _, _, key, run = heappop(self._waiting)
                    self._keys.discard(key)
                    return run
                self._changed.wait(seconds)
            self._thread = None
        return None

    def _reset(self) -> None:
        """A forked process has none of the threads of its parent."""
        self._changed = Condition()
        self._keys, self._waiting, self._thread = set(), [], None
