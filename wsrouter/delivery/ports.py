"""What sending needs: a way to the sockets, and the recipients of an event."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from typing import Any, NamedTuple, Protocol

from wsrouter.routing.delivery import Delivery
from wsrouter.routing.ports import Address, Recipients


class Fate(Enum):
    """What became of one post."""

    DELIVERED = "delivered"
    GONE = "gone"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Posted:
    """The answer to one post; `reason` is a short word for the report.

    `again`: the same post may succeed later. `stop`: a sentence that says why no post
    to the same API can succeed.
    """

    fate: Fate
    reason: str = ""
    again: bool = False
    stop: str = ""


class Place(NamedTuple):
    """The stage that holds a connection; one value for all of a page."""

    gateway: str
    api_id: str = ""
    stage: str = ""


class Recipient(NamedTuple):
    """A connection that an event is for, and when its row was written."""

    connection_id: str
    place: Place
    stored_at: datetime

    @property
    def address(self) -> Address:
        return Address(connection_id=self.connection_id, **self.place._asdict())


class Attempt(NamedTuple):
    """One post to make: `wait` seconds from now, the rate asks for that."""

    recipient: Recipient
    number: int = 1
    wait: float = 0.0


class Work(Protocol):
    """Posts to make, handed out one by one; safe in threads but for `refill`."""

    def refill(self) -> bool:
        """Read more recipients when few are left; False when there are no more. Only
        the thread that sends may call it: it asks the database."""

    def take(self) -> Attempt | float | None:
        """A post to make now, or the seconds until there may be one, or the end."""

    def settle(self, attempt: Attempt, posted: Posted) -> None:
        """What became of it."""

    def wait(self, seconds: float) -> None:
        """Return when something may have changed, or after these seconds."""

    def wait_until_low(self) -> None:
        """Return when `refill` has something to do."""

    def abandon(self) -> None:
        """Hand out nothing more."""

    @property
    def size(self) -> int:
        """How many posts can be handed out now."""

    @property
    def seconds_left(self) -> float:
        """Until everything has to be done."""


class Transport(Protocol):
    """The `@connections` API."""

    def post(self, address: Address, data: bytes) -> Posted:
        """Never raises for what happens to the one connection."""

    def post_all(self, work: Work, data: bytes) -> None:
        """Make every post that `work` hands out."""

    def close(self, address: Address) -> None:
        """Closing what is closed is no error; raises DeliveryFailed."""

    def info(self, address: Address) -> Mapping[str, Any]:
        """Raises ConnectionGone, or DeliveryFailed."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Span:
    """A range of recipients in the order of their connection ids: the ids that follow
    `after`, up to and including `last` where it is given. `group_index` says which of
    the send's groups, in the order of their names, the range is in."""

    group_index: int = 0
    after: str = ""
    last: str | None = None


class Audience(Protocol):
    """Names the recipients of an event."""

    def recipients(
        self, wanted: Recipients, span: Span | None = None
    ) -> Iterator[list[Recipient]]:
        """All of them, or those of a span; in pages, each connection once."""

    def exceeds(self, wanted: Recipients, number: int) -> bool:
        """Whether there are more than that."""

    def next_span(
        self, wanted: Recipients, size: int, behind: Span | None
    ) -> Span | None:
        """The next span of `size` recipients, or of those that are left."""


AfterCommit = Callable[[Callable[[], object]], bool]
"""Runs something when the open transaction commits; False when none is open."""

Forget = Callable[[Sequence[Address]], None]
"""Removes connections that turned out to be closed."""

OnDelivered = Callable[[Delivery], None]
"""Told of every delivery that is done, with its report."""
