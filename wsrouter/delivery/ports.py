"""What sending needs: a transport to the sockets, and the recipients of an event."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from typing import Any, NamedTuple, Protocol

from wsrouter.routing.after_answer import Leaving
from wsrouter.routing.delivery import Delivery
from wsrouter.routing.ports import Address, Outgoing, Recipients
from wsrouter.wire.encode import FrameWriter
from wsrouter.wire.stream_frames import StreamPosition

__all__ = ["PostResult", "PostStatus", "Schedule", "Transport"]


class PostStatus(Enum):
    """The outcome of one post."""

    DELIVERED = "delivered"
    GONE = "gone"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class PostResult:
    """The answer to one post; `reason` is a short word for the report.

    `retryable`: the same post may succeed later. `stage_error`: a sentence that says
    why no post to the same stage can succeed, or an empty string.
    """

    status: PostStatus
    reason: str = ""
    retryable: bool = False
    stage_error: str = ""


class StageAddress(NamedTuple):
    """The gateway, API and stage that hold a connection. The recipients of a page share
    one value."""

    gateway: str
    api_id: str = ""
    stage: str = ""


class Recipient(NamedTuple):
    """A connection that an event is for, and when its row was written."""

    connection_id: str
    stage_address: StageAddress
    stored_at: datetime

    @property
    def address(self) -> Address:
        return Address(connection_id=self.connection_id, **self.stage_address._asdict())


class Attempt(NamedTuple):
    """One post to make, in `wait` seconds from now, as the rate demands. `number`
    counts the attempts for this recipient from 1."""

    recipient: Recipient
    number: int = 1
    wait: float = 0.0


class Bucket(Protocol):
    """Schedules posts at a rate."""

    def reserve(self, longest: float) -> float | None:
        """Take a token; the seconds until it may be used. When that would be more than
        `longest` seconds, none may be used, and None is returned."""


class Schedule(Protocol):
    """The posts of one send, handed out one at a time. Every method but `refill` may be
    called in any thread."""

    def refill(self) -> bool:
        """Read more recipients when few are left; False when there are no more. It
        queries the database, so only the thread that sends may call it."""

    def take(self) -> Attempt | float | None:
        """A post to make now, or the seconds until there may be one, or None when the
        send is complete."""

    def record(self, attempt: Attempt, result: PostResult) -> None:
        """Count the result of an attempt, or plan the next attempt."""

    def wait(self, seconds: float) -> None:
        """Return when something may have changed, or after these seconds."""

    def wait_until_low(self) -> None:
        """Return when `refill` has something to do."""

    def abandon(self) -> None:
        """Hand out no more posts."""

    @property
    def size(self) -> int:
        """The number of posts that can be handed out now."""

    @property
    def seconds_left(self) -> float:
        """Seconds until the send has to be complete."""


class Transport(Protocol):
    """Posts to sockets, closes them and describes them, as the `@connections` API
    does."""

    def post(self, address: Address, data: bytes) -> PostResult:
        """Post one frame. A failure of the connection is a result, not an exception."""

    def post_all(self, schedule: Schedule, data: bytes) -> None:
        """Make every post that `schedule` hands out, and record each result."""

    def close(self, address: Address) -> bool | None:
        """Close a connection. Returns False when it was not open: closed already, or
        its handshake is not done. Raises DeliveryFailed."""

    def info(self, address: Address) -> Mapping[str, Any]:
        """What API Gateway knows of a connection: `connectedAt`, `lastActiveAt` and
        `identity`. Raises ConnectionGone or DeliveryFailed."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Span:
    """A range of recipients in the order of their connection ids: the ids that follow
    `after`, up to and including `last` where it is given. `group_index` says which of
    the send's groups, in the order of their names, the range is in."""

    group_index: int = 0
    after: str = ""
    last: str | None = None


class RecipientSource(Protocol):
    """Finds the recipients of an event."""

    def pages(
        self, recipients: Recipients, span: Span | None = None
    ) -> Iterator[list[Recipient]]:
        """All recipients, or those of a span, in pages; each connection once."""

    def excluded_pages(self, recipients: Recipients) -> Iterator[list[Recipient]]:
        """The connections that `exclude` and `exclude_users` leave out of `pages`."""

    def exceeds(self, recipients: Recipients, number: int) -> bool:
        """Whether there are more than `number` recipients."""

    def next_span(
        self, recipients: Recipients, size: int, previous: Span | None
    ) -> Span | None:
        """The span of up to `size` recipients that follows `previous`; None at the
        end."""


Postpone = Callable[[Leaving, int], bool]
"""Does something after the commit of every open transaction and after the answer to the
message that is being handled; the number is how many bytes it keeps in memory. Returns
False, and does nothing, when neither is to be waited for."""

CustomWriters = Callable[[], Mapping[str, FrameWriter | None]]
"""For each gateway, by alias, what writes its events; None: the library's own frames,
which have a place for streams."""

Forget = Callable[[Sequence[Address]], None]
"""Removes connections that turned out to be closed."""

OnDelivered = Callable[[Delivery], None]
"""Receives each completed delivery, with its report."""


@dataclass(frozen=True, kw_only=True, slots=True)
class StreamEvent:
    """A kept event in one stream, with its number there: `row` names it in the store,
    `position` is its place. `recipients` are those of that stream, `trace` is that of
    the send."""

    row: int
    event: str
    id: str
    payload: bytes
    recipients: Recipients
    position: StreamPosition
    trace: str = ""


class KeptEvents(Protocol):
    """Stores kept events and numbers them."""

    def add(self, outgoing: Outgoing) -> Sequence[Any]:
        """Store an event once for each of its streams, without numbers, within the open
        transaction. Returns what `number` takes."""

    def number(self, stored: Sequence[Any]) -> Sequence[StreamEvent]:
        """Number what a transaction has stored, after its commit."""

    def add_numbered(self, outgoing: Outgoing) -> Sequence[StreamEvent]:
        """Both at once, where no transaction is open."""

    def mark_posted(self, events: Sequence[StreamEvent]) -> None:
        """Nobody needs to post these any more."""

    def overdue(self, seconds: float, most: int) -> Sequence[StreamEvent]:
        """Events that were stored so long ago and have not been posted, `most` of them,
        in the order of their numbers: whoever sent them has died."""
