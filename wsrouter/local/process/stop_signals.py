"""The signals that stop a gateway."""

import asyncio
import signal
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

_NAMES = ("SIGINT", "SIGTERM", "SIGHUP", "SIGBREAK")
"""Windows lacks SIGHUP, other systems lack SIGBREAK; what is missing is skipped."""


@contextmanager
def handled(stopping: asyncio.Event) -> Iterator[None]:
    """Inside the block, the first signal sets `stopping` and the second cancels the
    task."""
    loop, task = asyncio.get_running_loop(), asyncio.current_task()

    def stop() -> None:
        if stopping.is_set() and task is not None:
            task.cancel()
        stopping.set()

    def handler(*_: Any) -> None:
        loop.call_soon_threadsafe(stop)

    numbers = [getattr(signal, name) for name in _NAMES if hasattr(signal, name)]
    previous = {number: signal.signal(number, handler) for number in numbers}
    try:
        with suppress(asyncio.CancelledError):
            yield
    finally:
        for number, previous_handler in previous.items():
            signal.signal(number, previous_handler)
