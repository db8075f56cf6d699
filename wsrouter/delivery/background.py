"""Sends that a task engine carries out, slice by slice.

The registry keeps what is queued. `work` may be called any number of times for one
send, by any process, and a worker that dies leaves at most one slice to be sent again.
"""

import random
from collections import deque
from collections.abc import Callable, Iterable
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple, Protocol

from wsrouter.delivery.deliver import deliver
from wsrouter.delivery.ports import (
    Bucket,
    Forget,
    OnDelivered,
    Postpone,
    RecipientSource,
    Span,
    Transport,
)
from wsrouter.delivery.retry import RetryPolicy
from wsrouter.routing import telemetry
from wsrouter.routing.delivery import Delivery, Report
from wsrouter.routing.ports import Outgoing, Recipients

MAX_PARALLEL_SLICES = 4
"""Slices of one send that are under way at once, if there are workers for them."""

SLICE_SECONDS = 60.0


@dataclass(frozen=True, kw_only=True, slots=True)
class Slice:
    """A part of a send that one task has claimed, and how many `more_tasks` it queues:
    with the first of several slices those that run in parallel, with a slice of a task
    that has died one in its place. `trace` is that of the send, as `telemetry` writes
    it."""

    id: int
    send: int
    event: str
    data: bytes
    recipients: Recipients
    span: Span
    more_tasks: int
    trace: str = ""


class Stalled(NamedTuple):
    """A send that no task works at, and since when; `resume_after` is the time before
    which it is not stalled, once it was queued again."""

    send: int
    gateway: str
    touched_at: datetime
    resume_after: datetime | None


class SendQueue(Protocol):
    """Keeps queued sends, and which task has claimed which slice."""

    def add(self, outgoing: Outgoing, data: bytes) -> int:
        """Add a send within the open transaction; returns its number."""

    def claim(self, send: int, task_id: str, size: int) -> Slice | None:
        """Claim a slice for a task: one that it began and did not finish, else one
        whose lease has expired, else a new one of up to `size` recipients. None when
        no slice is left, and when MAX_PARALLEL_SLICES are under way."""

    def finish_slice(self, done: Slice, task_id: str, report: Report) -> bool:
        """Count a slice; False when it was counted already."""

    def take_delivery(self, send: int) -> Delivery | None:
        """The whole delivery, for the first call after the last slice; then None."""

    def stalled(self) -> Iterable[Stalled]:
        """Sends that no task works at: their workers died, the engine lost the task, or
        all workers are behind."""

    def resume(self, found: Stalled) -> bool:
        """Whether this process is to put a send into the engine's queue again. As its
        first task may be in there still, it is stalled again after twice the time
        only."""

    def not_resumed(self, found: Stalled) -> None:
        """The engine did not take it: it stays stalled."""


_waiting_tasks: ContextVar[deque[Callable[[], object]]] = ContextVar(
    "wsrouter_waiting_tasks"
)


def run_in_sequence(task: Callable[[], object]) -> None:
    """Run a task, and afterwards the tasks that it queues.

    Some engines run a queued task at once, inside the task that queues it: Django's
    ImmediateBackend, and Celery with `task_always_eager`. A send of many slices would
    nest as many calls.
    """
    if (waiting := _waiting_tasks.get(None)) is not None:
        waiting.append(task)
        return
    waiting = deque([task])
    token = _waiting_tasks.set(waiting)
    try:
        while waiting:
            waiting.popleft()()
    finally:
        _waiting_tasks.reset(token)


@dataclass(frozen=True, kw_only=True)
class Background:
    """Puts sends into the queue and carries them out; `enqueue` asks the engine to call
    `work` soon, in some process. A slice has up to `slice_recipients` recipients, and a
    bucket of its own. `jitter` is the random part of the pauses between attempts."""

    queue: SendQueue
    recipient_source: RecipientSource
    transport: Transport
    forget: Forget
    on_delivered: OnDelivered
    enqueue: Callable[[int], None]
    postpone: Postpone
    slice_recipients: int
    bucket_of_slice: Callable[[], Bucket]
    jitter: Callable[[], float] = random.random

    def put(self, outgoing: Outgoing, data: bytes) -> None:
        """Queue a send. It starts after the commits and the answer, if there are any to
        wait for."""
        send = self.queue.add(outgoing, data)

        if not self.postpone(lambda _: self.enqueue(send), 0):
            self.enqueue(send)

    def work(self, send: int, task_id: str) -> None:
        """Carry out one slice. A task that is retried has the same `task_id`."""
        run_in_sequence(lambda: self._work(send, task_id))

    def _work(self, send: int, task_id: str) -> None:
        claimed = self.queue.claim(send, task_id, self.slice_recipients)
        if claimed is not None:
            for _ in range(claimed.more_tasks):
                self.enqueue(send)
            self.queue.finish_slice(claimed, task_id, self._deliver(claimed))
            self.enqueue(send)
        elif (delivery := self.queue.take_delivery(send)) is not None:
            self.on_delivered(delivery)

    def _deliver(self, claimed: Slice) -> Report:
        with telemetry.of_text(claimed.trace):
            return self._posted(claimed)

    def _posted(self, claimed: Slice) -> Report:
        return deliver(
            self.recipient_source.pages(claimed.recipients, claimed.span),
            claimed.data,
            event=claimed.event,
            transport=self.transport,
            forget=self.forget,
            bucket=self.bucket_of_slice(),
            retry_policy=RetryPolicy(seconds=SLICE_SECONDS, random=self.jitter),
        )
