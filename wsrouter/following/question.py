"""What a message asks of streams, and what its reply tells of them."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from wsrouter.following.stream import Stream
from wsrouter.routing.resume import Seen

Positions = Mapping[str, Seen]
"""By the id of the stream."""


@dataclass(eq=False, kw_only=True, slots=True)
class Owner:
    """A call that is repeated on every new socket. `streams` are those that its latest
    reply, over `socket`, has told of."""

    streams: set[str] = field(default_factory=set)
    socket: object | None = None


class Known(NamedTuple):
    """A stream at the moment of the question."""

    epoch: str
    seq: int
    socket: object | None
    told: int

    @classmethod
    def of(cls, stream: Stream) -> "Known":
        return cls(stream.epoch, stream.seq, stream.socket, stream.told)

    @property
    def seen(self) -> Seen:
        return {"epoch": self.epoch, "seq": self.seq}


@dataclass(eq=False, kw_only=True, slots=True)
class Question:
    """A message that may be answered with streams, sent over `socket`. A ping asks for
    all streams of the connection; another message tells of those that it has joined.
    It does not ask where `since` is None."""

    asked: Mapping[str, Known] = field(default_factory=dict)
    since: Positions | None = None
    owner: Owner | None = None
    is_ping: bool = False
    socket: object | None = None


class Entry(NamedTuple):
    """What a reply tells of a stream: a client that has applied `events` is at `seq`.
    `again`: they did not fit, and a ping is to ask for what follows `seq`."""

    id: str
    epoch: str
    seq: int
    recovered: bool
    again: bool
    events: list[dict[str, Any]]


@dataclass(frozen=True, kw_only=True, slots=True)
class Told:
    """The streams of a reply; `is_complete` is false where they could not be read."""

    entries: list[Entry]
    is_complete: bool = True

    @classmethod
    def of(cls, streams: Any) -> "Told":
        found = streams if isinstance(streams, list) else []
        entries = list(_entries(found))
        return cls(entries=entries, is_complete=len(entries) == len(found))


def _entries(found: list[Any]) -> Iterator[Entry]:
    for each in found:
        if isinstance(each, dict) and "id" in each:
            yield Entry(
                each["id"],
                each["epoch"],
                each["seq"],
                bool(each.get("recovered")),
                bool(each.get("again")),
                each.get("events", []),
            )
