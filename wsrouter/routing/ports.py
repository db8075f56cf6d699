"""What routing needs from the layers above it, as protocols."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from os import urandom
from typing import Any, NamedTuple, Protocol

from wsrouter.errors import MessageError, NotReady
from wsrouter.routing import presence_slot, sender_slot
from wsrouter.routing.delivery import Delivery
from wsrouter.routing.flow import Flow
from wsrouter.routing.frame import Cause
from wsrouter.routing.keep import Keep
from wsrouter.routing.resume import Since
from wsrouter.routing.throttle import Rate


class GroupRules(Protocol):
    """The group rules of one gateway."""

    def check(self, connection: Any, group: str) -> Flow[None]:
        """Raises what refuses the connection; nothing when it may be in the group."""

    def check_client(self, connection: Any, groups: Sequence[str]) -> Flow[None]:
        """The same for groups that a client joins by itself."""

    def check_leaving(self, groups: Sequence[str]) -> None:
        """Raises MessageError for a group that a client cannot leave by itself."""


class Registry(Protocol):
    """Groups and state of open connections, by connection id."""

    def group_rules(self, gateway: str) -> GroupRules | None:
        """None where no rule is known, as in a unit test of a handler."""

    def join(self, connection_id: str, groups: Sequence[str]) -> None: ...

    def leave(self, connection_id: str, groups: Sequence[str]) -> None: ...

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
    """The recipients of an event: one of the first four fields is set, or none where an
    empty iterable was given. Users are primary keys, `exclude` has connection ids."""

    connection_ids: frozenset[str] = frozenset()
    users: frozenset[Any] = frozenset()
    groups: frozenset[str] = frozenset()
    everyone: bool = False
    exclude: frozenset[str] = frozenset()
    exclude_users: frozenset[Any] = frozenset()
    gateway: str = ""

    @property
    def is_empty(self) -> bool:
        return not (self.connection_ids or self.users or self.groups or self.everyone)


def _event_id() -> str:
    return urandom(8).hex()


@dataclass(frozen=True, kw_only=True, slots=True)
class Outgoing:
    """An event ready to be sent. `payload` is JSON; `id`, 16 hex digits, is the same
    for every recipient and every retry. `keep` is None for an event that is not kept.
    `opening` is the connection whose handshake sends it, which cannot be posted to."""

    event: str
    payload: bytes
    recipients: Recipients
    left_out: int = 0
    id: str = field(default_factory=_event_id)
    keep: Keep | None = None
    opening: str = ""


class Sender(Protocol):
    """Sends events, and closes and inspects single connections."""

    def send(self, outgoing: Outgoing, *, now: bool) -> Delivery: ...

    def user_key(self, user: Any) -> Any:
        """The primary key of a user, or of a primary key itself; raises TypeError for
        anything else, and ValueError for a user who is not stored."""

    def user_keys(self, users: Any) -> frozenset[Any]:
        """The same for an iterable or a queryset of users."""

    def work(self, send: int, task_id: str, gateway: str) -> None:
        """Carry out a part of a queued send, for the task `task_id`."""

    def end(self, addresses: Sequence[Address]) -> None:
        """Close and forget connections whose session has ended."""

    def close(self, address: Address) -> None: ...

    def info(self, address: Address) -> Mapping[str, Any]: ...


@dataclass(frozen=True, kw_only=True, slots=True)
class RemovedConnection:
    """A connection that was just removed from the registry. `cause` is why it had
    ended, or None if it had not."""

    connection: Any
    cause: Cause | None = None


class Counter(Protocol):
    """Counts calls against a rate."""

    def hit(self, key: str, rate: Rate) -> float:
        """The seconds until the next call is allowed; 0 when this call is."""


@dataclass(frozen=True, slots=True)
class EnvelopeHeader:
    """The route key and the client's id in a body, as far as they can be read, and why
    the body selects no route."""

    action: str | None
    id: str | int | None
    problem: MessageError


class ParsedEnvelope(NamedTuple):
    """The client's id, as far as it can be read, and the validated payload, or why
    there is none. `since` is None where the client says nothing of streams."""

    id: str | int | None
    payload: Any = None
    problem: MessageError | None = None
    since: Since | None = None


Reader = Callable[[bytes], ParsedEnvelope]
"""Parses the envelopes of one route. It never raises: an exception would cost as much
as the rest of an answer."""


class Envelope(Protocol):
    """Reads the frames around payloads, as the setting ENVELOPE says.
    `carries_streams` says whether they have a place for `since` and `streams`."""

    @property
    def carries_streams(self) -> bool: ...

    def reader(self, payload: Any, *, default: Any) -> Reader:
        """The reader of a route that takes `payload`, a type; `default` stands in for a
        missing one. `...` means: no payload, no default."""

    def identify(self, body: bytes) -> EnvelopeHeader:
        """Whatever the body is; raises InvalidEnvelope for the class of an application
        that is wrong, and nothing else."""

    def client_id(self, body: bytes) -> str | int | None:
        """The client's id in a body, as far as it can be read."""


@dataclass(slots=True)
class Handshake:
    """The Connection whose `connect` handlers are running, None when they are done:
    tasks that a handler started share this object and must see that."""

    connection: Any


_handshake: ContextVar[Handshake | None] = ContextVar("wsrouter_handshake")


@contextmanager
def handshake_of(connection: Any) -> Iterator[None]:
    """Marks the time in which a connection cannot be reached yet."""
    outer, current = _handshake.get(None), Handshake(connection)
    _handshake.set(current)
    try:
        yield
    finally:
        current.connection = None
        _handshake.set(outer)


def connection_in_handshake() -> Any:
    """The Connection whose `connect` handlers are running, or None."""
    current = _handshake.get(None)
    return current.connection if current else None


_senders: list[Callable[[], Sender]] = sender_slot.senders


def sender() -> Sender:
    """The application's sender; raises NotReady before there is one."""
    if not _senders:
        raise NotReady
    return _senders[0]()


class Presences(Protocol):
    """Who is in groups, by user, and which groups are told of it."""

    def watched(self, groups: Sequence[str]) -> Sequence[str]:
        """Those of the groups that have presence, on whichever gateway."""

    def is_any_watched(self) -> bool:
        """Whether any group could have presence."""

    def changed(self, groups: Sequence[str]) -> None:
        """Members of these groups have come or gone within the open transaction."""

    def users(self, group: str, gateway: str) -> Sequence[tuple[Any, int]]:
        """The users in a group, each with the number of connections; of all gateways
        where none is named."""

    def count(self, group: str, gateway: str) -> int:
        """The number of users and of anonymous connections."""

    def snapshot(
        self, group: str, gateway: str
    ) -> tuple[Sequence[Any] | None, int, int]:
        """The users, None in a large group, their number, and the version of the last
        event that they have in them."""


_presences: list[Callable[[], Presences]] = presence_slot.presences


def presences() -> Presences:
    """What knows of presence; raises NotReady before there is anything."""
    if not _presences:
        raise NotReady
    return _presences[0]()
