"""What happens to the posts to a connection, as API Gateway would answer them."""

import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from wsrouter.aws.posts import answers
from wsrouter.aws.posts.keepalive import ANSWER_SECONDS
from wsrouter.delivery.ports import PostResult
from wsrouter.routing.ports import Address

Post = Callable[[Address, bytes], PostResult]


def connection_id_of(recipient: Any) -> str:
    """The id of a client, of a Connection, of a row, or the id itself."""
    if isinstance(recipient, str):
        return recipient
    found = getattr(recipient, "connection_id", None) or getattr(recipient, "id", None)
    if not isinstance(found, str):
        raise TypeError(
            "A client, a connection or its id is expected, not a"
            f" {type(recipient).__name__}."
        )
    return found


@dataclass(eq=False, kw_only=True)
class PostFault:
    """For posts to some connections; to all where there are no `recipients`."""

    recipients: Sequence[Any] = ()
    is_parallel: bool = False
    """Posts take so long that they have to be made at the same time."""

    def concerns(self, connection_id: str) -> bool:
        found = self.recipients
        return not found or connection_id in map(connection_id_of, found)

    def post(
        self, address: Address, data: bytes, seconds: float, post: Post
    ) -> PostResult:
        """The result of one attempt, which has so many seconds; `post` makes it."""
        return post(address, data)

    def request_status(self, address: Address) -> int:
        """How another request about the connection is answered; 200 where the fault is
        about posts alone."""
        return 200


@dataclass(eq=False, kw_only=True)
class Gone(PostFault):
    """410."""

    def post(
        self, address: Address, data: bytes, seconds: float, post: Post
    ) -> PostResult:
        return answers.result_of(answers.GONE, "GoneException")

    def request_status(self, address: Address) -> int:
        return answers.GONE


@dataclass(eq=False, kw_only=True)
class Throttled(PostFault):
    """429, for the first `times` requests about each connection, or always."""

    times: int | None = None
    _counts: Counter[str] = field(default_factory=Counter)

    def post(
        self, address: Address, data: bytes, seconds: float, post: Post
    ) -> PostResult:
        if self.request_status(address) == answers.BUSY:
            return answers.result_of(answers.BUSY, "LimitExceededException")
        return post(address, data)

    def request_status(self, address: Address) -> int:
        self._counts[address.connection_id] += 1
        is_over = self.times is not None
        if is_over and self._counts[address.connection_id] > (self.times or 0):
            return 200
        return answers.BUSY


@dataclass(eq=False, kw_only=True)
class Slow(PostFault):
    """The answer takes so many seconds, if the transport waits for that long."""

    takes: float
    is_parallel: bool = True

    def post(
        self, address: Address, data: bytes, seconds: float, post: Post
    ) -> PostResult:
        patience = min(ANSWER_SECONDS, max(seconds, 0.05))
        time.sleep(min(self.takes, patience))
        if self.takes >= patience:
            return answers.unanswered(TimeoutError())
        return post(address, data)


@dataclass(eq=False, kw_only=True)
class Lost(PostFault):
    """200, and nothing arrives."""

    def post(
        self, address: Address, data: bytes, seconds: float, post: Post
    ) -> PostResult:
        return answers.DELIVERED


@dataclass(eq=False, kw_only=True)
class Reordered(PostFault):
    """200, and the frames arrive at the end, the last one first."""

    _held: list[tuple[Address, bytes, Post]] = field(default_factory=list)

    def post(
        self, address: Address, data: bytes, seconds: float, post: Post
    ) -> PostResult:
        self._held.append((address, data, post))
        return answers.DELIVERED

    def release(self) -> None:
        while self._held:
            address, data, post = self._held.pop()
            post(address, data)
