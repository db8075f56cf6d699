"""What was committed, by the database alone."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

MOST_ROWS = 150
"""Of the state of a group that are read at once."""
REPLY_BYTES = 95_000
"""Events of one stream that are larger may not fit into a reply."""
SLACK_MS = 1000
"""Between the clocks of the database and of Node.js, and a reply on its way."""
READ_FAILS_MS = 40_000
"""So long after a fault of the database may a reply say that it could not be read."""


@dataclass(frozen=True, kw_only=True)
class Event:
    """`excluded` has primary keys of users."""

    id: str
    text: str
    size: int = 100
    excluded: frozenset[str] = frozenset()


@dataclass(kw_only=True)
class Stream:
    """`deleted` has the moment at which a number was deleted, `epochs_at` those at
    which the epoch was changed by hand, `rows` the text of each row of the state."""

    id: str
    kind: str
    name: str
    top: int = 0
    events: dict[int, Event] = field(default_factory=dict)
    deleted: dict[int, int] = field(default_factory=dict)
    epochs_at: list[int] = field(default_factory=list)
    rows: dict[int, str] = field(default_factory=dict)
    loose: set[str] = field(default_factory=set)
    twice: list[int] = field(default_factory=list)

    def number(self, text: str) -> int:
        """0 for a text that has none."""
        if not hasattr(self, "_numbers"):
            self._numbers = {event.text: seq for seq, event in self.events.items()}
        return self._numbers.get(text, 0)

    def problems(self) -> Iterator[str]:
        """Whether the numbers have no hole, and are those of what was committed."""
        if sorted(self.events) != list(range(1, self.top + 1)) or self.twice:
            holes = set(range(1, self.top + 1)) - set(self.events)
            yield f"{self.name}: top {self.top}, holes {holes}, twice {self.twice}"
        committed = Counter(self.rows.values())
        published = Counter(event.text for event in self.events.values())
        if strange := published - committed:
            yield f"{self.name}: published and not committed, or twice: {strange}"
        missing = set(committed) - set(published) - self.loose
        if missing:
            yield f"{self.name}: committed and not published: {missing}"

    def why_gap(
        self, since: Mapping[str, object], epoch: str, top: int, at: int
    ) -> str:
        """The reason for which the events after a position could not be had, empty
        where there was none."""
        seq = int(str(since["seq"]))
        if since["epoch"] != epoch:
            changed = any(moment <= at + SLACK_MS for moment in self.epochs_at)
            return "epoch" if changed else ""
        missed = range(seq + 1, top + 1)
        if any(self.deleted.get(n, at + 10**9) <= at + SLACK_MS for n in missed):
            return "deleted"
        size = sum(self.events[n].size + 150 for n in missed if n in self.events)
        return "too large" if size > REPLY_BYTES else ""


@dataclass(kw_only=True)
class Truth:
    streams: dict[str, Stream]
    """By the id that clients know."""
    broken_at: list[int] = field(default_factory=list)
    """When sessions of the database were ended."""

    def named(self, kind: str, name: str) -> Stream | None:
        for stream in self.streams.values():
            if (stream.kind, stream.name) == (kind, name):
                return stream
        return None

    def may_fail_to_read(self, at: int) -> bool:
        ages = (at - then + SLACK_MS for then in self.broken_at)
        return any(0 <= age <= READ_FAILS_MS for age in ages)

    def problems(self) -> Iterable[str]:
        for stream in self.streams.values():
            yield from stream.problems()
