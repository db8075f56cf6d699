"""The latest journal entries, and new ones as they come, for the status page."""

import asyncio
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from wsrouter.local.journal import Entry, WriteEntry

Subscription = asyncio.Queue[Entry | None]
"""Receives every new entry, and None when the gateway ends."""

_KEPT_ENTRIES = 200
_QUEUED_ENTRIES = 2000
"""A subscriber that falls further behind misses entries."""


class Feed:
    """Passes every entry on to `write_entry` and to the subscribers."""

    def __init__(self, write_entry: WriteEntry) -> None:
        self.latest: deque[Entry] = deque(maxlen=_KEPT_ENTRIES)
        self._write_entry = write_entry
        self._subscriptions: set[Subscription] = set()

    def __call__(self, entry: Entry) -> None:
        self._write_entry(entry)
        self.latest.append(entry)
        self._publish(entry)

    @contextmanager
    def subscribe(self) -> Iterator[Subscription]:
        """A subscription that ends with the block."""
        subscription: Subscription = asyncio.Queue(_QUEUED_ENTRIES)
        self._subscriptions.add(subscription)
        try:
            yield subscription
        finally:
            self._subscriptions.discard(subscription)

    def end(self) -> None:
        """Let every subscriber know that no further entry will come."""
        for subscription in self._subscriptions:
            if subscription.full():
                subscription.get_nowait()
        self._publish(None)

    def _publish(self, entry: Entry | None) -> None:
        for subscription in self._subscriptions:
            with suppress(asyncio.QueueFull):
                subscription.put_nowait(entry)
