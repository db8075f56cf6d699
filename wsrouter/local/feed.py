"""The latest entries, and those to come, for people who watch."""

import asyncio
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from wsrouter.local.journal import Entry, Record

Watch = asyncio.Queue[Entry | None]
"""Entries as they come, None at the end of the gateway."""

_KEPT = 200
_WAITING = 2000


class Feed:
    """Hands every entry on to `record`, and to each watch that is not too slow."""

    def __init__(self, record: Record) -> None:
        self.latest: deque[Entry] = deque(maxlen=_KEPT)
        self._record = record
        self._watches: set[Watch] = set()

    def __call__(self, entry: Entry) -> None:
        self._record(entry)
        self.latest.append(entry)
        self._offer(entry)

    @contextmanager
    def watch(self) -> Iterator[Watch]:
        """Open until left."""
        watch: Watch = asyncio.Queue(_WAITING)
        self._watches.add(watch)
        try:
            yield watch
        finally:
            self._watches.discard(watch)

    def end(self) -> None:
        """Tell those who watch that nothing more will come."""
        for watch in self._watches:
            if watch.full():
                watch.get_nowait()
        self._offer(None)

    def _offer(self, entry: Entry | None) -> None:
        for watch in self._watches:
            with suppress(asyncio.QueueFull):
                watch.put_nowait(entry)
