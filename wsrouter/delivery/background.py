"""Sends that a task engine carries out, slice by slice.

The registry keeps what is queued: `work` may be called any number of times for one
send, by any process, and whoever dies leaves at most one slice to be sent again.
"""

from collections import deque
from collections.abc import Callable, Iterable
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Protocol

from wsrouter.delivery.deliver import deliver
from wsrouter.delivery.ports import (
    AfterCommit,
    Audience,
    Forget,
    OnDelivered,
    Span,
    Transport,
)
from wsrouter.delivery.retry import Patience
from wsrouter.delivery.token_bucket import Bucket
from wsrouter.routing.delivery import Delivery, Report
from wsrouter.routing.ports import Outgoing, Recipients

LANES = 4
"""Slices of one send that are under way at once, if there are workers for them."""

SLICE_SECONDS = 60.0


@dataclass(frozen=True, kw_only=True, slots=True)
class Slice:
    """A part of a send that nobody else works at now. The first of several opens the
    other lanes."""

    id: int
    send: int
    data: bytes
    recipients: Recipients
    span: Span
    opens_lanes: bool


class Ledger(Protocol):
    """Keeps queued sends and who works at which slice."""

    def add(self, outgoing: Outgoing, data: bytes) -> int:
        """A new send, part of the open transaction; its number."""

    def claim(self, send: int, holder: str, size: int) -> Slice | None:
        """A slice that `holder` began and did not finish, or one whose holder has not
        been heard of for long, or a new one; None when there is none, and when as many
        as there are lanes are under way."""

    def finish(self, done: Slice, holder: str, report: Report) -> bool:
        """Count a slice; False when it was counted already."""

    def finished(self, send: int) -> Delivery | None:
        """The whole delivery, to the one caller who asks first after the last slice."""

    def forgotten(self) -> Iterable[tuple[int, str]]:
        """Sends that nobody works at, with their gateways."""


_at_work: ContextVar[deque[Callable[[], object]]] = ContextVar("wsrouter_at_work")


def one_by_one(task: Callable[[], object]) -> None:
    """Run a task, and those that it queues after it. Some engines run what is queued
    at once, inside the task that queues it: Django's ImmediateBackend, an eager Celery.
    A send of many slices would be as many calls deep."""
    if (waiting := _at_work.get(None)) is not None:
        waiting.append(task)
        return
    waiting = deque([task])
    token = _at_work.set(waiting)
    try:
        while waiting:
            waiting.popleft()()
    finally:
        _at_work.reset(token)


@dataclass(frozen=True, kw_only=True)
class Background:
    """Puts sends into the ledger and works them off; `enqueue` asks the engine to call
    `work` soon, in some process."""

    ledger: Ledger
    audience: Audience
    transport: Transport
    forget: Forget
    on_delivered: OnDelivered
    enqueue: Callable[[int], None]
    after_commit: AfterCommit
    size: int
    rate: float

    def put(self, outgoing: Outgoing, data: bytes) -> None:
        """Queue a send; it starts when the open transaction, if any, commits."""
        send = self.ledger.add(outgoing, data)

        if not self.after_commit(lambda: self.enqueue(send)):
            self.enqueue(send)

    def work(self, send: int, holder: str) -> None:
        """Carry out one slice; `holder` names the task, the same when it is retried."""
        one_by_one(lambda: self._work(send, holder))

    def _work(self, send: int, holder: str) -> None:
        claimed = self.ledger.claim(send, holder, self.size)
        if claimed is not None:
            for _ in range(LANES - 1 if claimed.opens_lanes else 0):
                self.enqueue(send)
            self.ledger.finish(claimed, holder, self._deliver(claimed))
            self.enqueue(send)
        elif (delivery := self.ledger.finished(send)) is not None:
            self.on_delivered(delivery)

    def _deliver(self, claimed: Slice) -> Report:
        return deliver(
            self.audience.recipients(claimed.recipients, claimed.span),
            claimed.data,
            transport=self.transport,
            forget=self.forget,
            bucket=Bucket(self.rate / LANES),
            patience=Patience(seconds=SLICE_SECONDS),
        )
