"""Calls: on their way, waiting for a connection, or repeated on every new one."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from wsrouter.client.backoff import Backoff
from wsrouter.client.connection_errors import ConnectionLost, OutboxFull
from wsrouter.client.options import Options
from wsrouter.client.sockets import NEVER, Socket
from wsrouter.following.question import Owner, Question

Finish = Callable[[Any, Exception | None], None]
"""Called once, with the payload of the reply or with an error."""


@dataclass(eq=False, kw_only=True, slots=True)
class Call:
    """A message that waits for its answer, until `deadline`. With `queue` it waits for
    a connection, with `retry` it is sent again when one is lost. `socket` is the one
    over which it was sent."""

    id: str
    action: str
    text: str
    deadline: float
    finish: Finish
    question: Question
    queue: bool = False
    retry: bool = False
    socket: Socket | None = None


@dataclass(eq=False, kw_only=True, slots=True)
class Subscription(Owner):
    """A call that is repeated on every new socket."""

    id: str
    action: str
    payload: Any
    timeout: float
    on_reply: Callable[[Any], object]
    on_error: Callable[[Exception], object] | None
    on_gap: Callable[..., Any] | None = None
    backoff: Backoff
    repeat_at: float = NEVER
    """When a call that has failed for now is made again."""


@dataclass(eq=False, kw_only=True, slots=True)
class Outbox:
    """Calls that wait for a connection, bounded in number and in bytes."""

    options: Options
    calls: dict[str, Call] = field(default_factory=dict)
    _bytes: int = 0

    def add(self, call: Call) -> None:
        """Raises ConnectionLost for a call that does not want to wait, OutboxFull for
        one that does not fit."""
        if not call.queue:
            raise ConnectionLost("There is no connection.")
        size = self._bytes + len(call.text)
        if len(self.calls) >= self.options.outbox_calls:
            raise OutboxFull(f"{len(self.calls)} calls wait for a connection.")
        if size > self.options.outbox_bytes:
            raise OutboxFull(f"{self._bytes} bytes of calls wait for a connection.")
        self.calls[call.id], self._bytes = call, size

    def remove(self, call: Call) -> None:
        if self.calls.pop(call.id, None) is not None:
            self._bytes -= len(call.text)

    def take_all(self) -> list[Call]:
        waiting = list(self.calls.values())
        self.calls.clear()
        self._bytes = 0
        return waiting
