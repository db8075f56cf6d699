"""What waits for the answer to a message: the sends and closings of its handlers.

The reply to a message must not wait for the audience of an event. So what a handler
sends is only put into the queue of its message, and leaves when the answer has left.
"""

import time
from collections.abc import Callable
from contextvars import ContextVar
from dataclasses import dataclass
from threading import Lock
from typing import Protocol, TypeVar

from wsrouter.routing import flow as flow_runners
from wsrouter.routing.flow import Flow

T = TypeVar("T")


class TimeBudget:
    """The time of everything that leaves after one answer. It begins when the first
    of it is asked for its seconds, and is over at `latest` (of `time.monotonic`)."""

    def __init__(self, latest: float = float("inf")) -> None:
        self._began = time.monotonic()
        self._latest = latest

    def seconds_left(self, most: float) -> float:
        """What is left of `most` seconds; 0 when the time is over."""
        now = time.monotonic()
        return max(0.0, min(self._began + most, self._latest) - now)


Leaving = Callable[[TimeBudget], object]
"""Does one thing after the answer, within the budget. It may raise: that is logged, and
stops nothing else."""


@dataclass(frozen=True, slots=True)
class Batch:
    """What leaves after one answer, in order. `size` is in bytes, `began_at` is when
    the request began (of `time.monotonic`)."""

    leaving: list[Leaving]
    size: int
    began_at: float


class MessageQueue:
    """What waits for the answer to one message, in the order in which it was asked for.

    The context of the message holds it, and copies of that context (tasks, threads of
    `sync_to_async`) share it. When it has been taken it is closed: what a task of the
    handler sends later does not wait for anything.
    """

    __slots__ = ("_began_at", "_is_closed", "_lock", "_waiting")

    def __init__(self) -> None:
        self._began_at = time.monotonic()
        self._is_closed = False
        self._lock = Lock()
        self._waiting: list[Waiting] = []

    def add(self, run: Leaving, size: int, *, is_ready: bool) -> "Waiting | None":
        """Reserve the next place; None when the queue is closed."""
        waiting = Waiting(self, run, size, is_ready)
        with self._lock:
            if self._is_closed:
                return None
            self._waiting.append(waiting)
        return waiting

    def mark_ready(self, waiting: "Waiting") -> bool:
        """False when the queue has been closed: it is too late for its place."""
        with self._lock:
            waiting.is_ready = not self._is_closed
            return waiting.is_ready

    def close_if_empty(self) -> bool:
        with self._lock:
            self._is_closed = self._is_closed or not self._waiting
            return self._is_closed

    def take(self) -> Batch | None:
        """Close the queue and return what is ready; None when nothing is."""
        with self._lock:
            self._is_closed = True
            if not self._waiting:
                return None
            taken = [waiting for waiting in self._waiting if waiting.is_ready]
            self._waiting = []
        if not taken:
            return None
        size = sum(waiting.size for waiting in taken)
        return Batch([waiting.run for waiting in taken], size, self._began_at)


@dataclass(slots=True)
class Waiting:
    """A place in the queue. It is left behind unless it is `ready` when the queue is
    taken: a transaction that it waits for may be rolled back."""

    queue: MessageQueue
    run: Leaving
    size: int
    is_ready: bool

    def ready(self) -> None:
        """Its transactions have committed; where the answer has left as well, it runs
        now."""
        if not self.queue.mark_ready(self):
            self.run(TimeBudget())


_current: ContextVar[MessageQueue | None] = ContextVar(
    "wsrouter_message_queue", default=None
)


class QueueHolder(Protocol):
    """Whoever answers a message, and lets its queue leave afterwards. `is_first` False:
    what this message sends does not wait for its answer."""

    is_first: bool
    queue: MessageQueue | None


def run_sync(flow: Flow[T], holder: QueueHolder) -> T:
    """Run the flow of a message; what its handlers send goes into a new queue."""
    holder.queue = MessageQueue() if holder.is_first else None
    token = _current.set(holder.queue)
    try:
        return flow_runners.run_sync(flow)
    finally:
        _current.reset(token)


async def run_async(flow: Flow[T], holder: QueueHolder, *, in_thread: bool) -> T:
    """The same on an event loop; `in_thread` runs all of the flow in one thread."""
    holder.queue = MessageQueue() if holder.is_first else None
    token = _current.set(holder.queue)
    try:
        if in_thread:
            return await flow_runners.run_in_thread(flow)
        return await flow_runners.run_async(flow)
    finally:
        _current.reset(token)


def defer(run: Leaving, size: int = 0) -> bool:
    """Do this after the answer to the message that is handled in this context. Returns
    False, and does nothing, where none is: the caller does it at once.

    `size` is how many bytes `run` keeps in memory.
    """
    queue = _current.get()
    return queue is not None and queue.add(run, size, is_ready=True) is not None


def reserve(run: Leaving, size: int = 0) -> Waiting | None:
    """The same for something that waits for a commit too: it keeps its place among what
    leaves, and leaves if `ready` is called before the answer has left."""
    queue = _current.get()
    return None if queue is None else queue.add(run, size, is_ready=False)
