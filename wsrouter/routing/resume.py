"""What a message asks of streams, and what the client knows of them."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypedDict


class Seen(TypedDict):
    """How far a client has a stream."""

    epoch: str
    seq: int


Since = Mapping[str, Seen]
"""By the public id of the stream."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Resume:
    """The streams that a reply tells of: those of `groups`, which the message has
    joined, or of all groups of the connection and of its user where it is None.

    `id` is the client's, `began_at` is when the message began (of `time.monotonic`),
    `user` who sent it, where that is known.
    """

    id: str | int | None
    groups: tuple[str, ...] | None
    since: Since
    began_at: float
    user: Any = None
