"""What routing needs from above, as protocols, and the slot for the sender."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol

from wsrouter.errors import MessageError, NotReady
from wsrouter.routing import sender_slot
from wsrouter.routing.delivery import Delivery
from wsrouter.routing.frame import Cause
from wsrouter.routing.throttle import Rate


class Registry(Protocol):
    """Groups and state of open connections, by connection id."""

    def join(self, connection_id: str, group: str) -> None: ...

    def leave(self, connection_id: str, group: str) -> None: ...

    def groups(self, connection_id: str) -> frozenset[str]: ...

    def update_state(
        self, connection_id: str, changes: Mapping[str, Any]
    ) -> Mapping[str, Any]: ...


@dataclass(frozen=True, kw_only=True, slots=True)
class Address:
    """Where one connection can be reached."""

    connection_id: str
    gateway: str
    api_id: str = ""
    stage: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Recipients:
    """Whom an event is for: exactly one of the first four says so."""

    connection_id: str = ""
    user: Any = None
    groups: frozenset[str] = frozenset()
    everyone: bool = False
    exclude: frozenset[str] = frozenset()
    gateway: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Outgoing:
    """An event ready to be sent. `payload` is JSON."""

    event: str
    payload: bytes
    recipients: Recipients
    left_out: int = 0


class Sender(Protocol):
    """Sends events and speaks of single connections to API Gateway."""

    def send(self, outgoing: Outgoing, *, on_commit: bool) -> Delivery: ...

    def work(self, send: int, task_id: str, gateway: str) -> None:
        """Carry out a part of a queued send, for the task `task_id`."""

    def end(self, addresses: Sequence[Address]) -> None:
        """Close and forget connections whose session has ended."""

    def close(self, address: Address) -> None: ...

    def info(self, address: Address) -> Mapping[str, Any]: ...


@dataclass(frozen=True, kw_only=True, slots=True)
class Forgotten:
    """A connection that was just removed, and why it had ended before, if it had."""

    connection: Any
    cause: Cause | None = None


class Counter(Protocol):
    """Counts calls against a rate."""

    def hit(self, key: str, rate: Rate) -> float:
        """Seconds to wait until the next call is allowed; 0 when this one is."""


@dataclass(frozen=True, slots=True)
class Head:
    """What a body says of itself: the key it names and the client's id, as far as they
    can be made out, and why the body selects no route."""

    action: str | None
    id: str | int | None
    problem: MessageError


class Opened(NamedTuple):
    """What an envelope holds: the client's id, as far as it can be made out, and the
    validated payload, or why there is none."""

    id: str | int | None
    payload: Any = None
    problem: MessageError | None = None


Reader = Callable[[bytes], Opened]
"""Opens the envelopes of one route. Never raises, whatever the body is: an exception
would cost as much as the rest of an answer."""


class Envelope(Protocol):
    """The JSON frame around payloads, as the gateway's settings choose it."""

    def reader(self, payload: Any, *, default: Any) -> Reader:
        """The reader of a route that takes `payload`, a type; `default` stands in for a
        missing one. `...` means: no payload, no default."""

    def identify(self, body: bytes) -> Head:
        """Never raises, whatever the body is."""

    def client_id(self, body: bytes) -> str | int | None:
        """The client's id in a body, as far as it can be made out."""


@dataclass(slots=True)
class Handshake:
    """The Connection whose `connect` handlers are running; None when they have run,
    which tasks that were started in them must see too."""

    connection: Any


_handshake: ContextVar[Handshake | None] = ContextVar("wsrouter_handshake")


@contextmanager
def handshake(connection: Any) -> Iterator[None]:
    """Marks the time in which a connection cannot be reached yet."""
    outer, current = _handshake.get(None), Handshake(connection)
    _handshake.set(current)
    try:
        yield
    finally:
        current.connection = None
        _handshake.set(outer)


def connecting() -> Any:
    """The Connection whose `connect` handlers are running, if any."""
    current = _handshake.get(None)
    return current.connection if current else None


_senders: list[Callable[[], Sender]] = sender_slot.senders


def sender() -> Sender:
    """The application's sender; raises NotReady before there is one."""
    if not _senders:
        raise NotReady
    return _senders[0]()
