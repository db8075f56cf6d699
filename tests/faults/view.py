"""What a page was told of one stream since its last gap."""

from collections.abc import Iterator, Set

from tests.faults.truth import Stream


class View:
    """`start` is the position after which everything must come. Where a frame or a ping
    was the first to tell of the stream, what has a lower number than `first` may still
    come, late."""

    def __init__(self, stream: Stream) -> None:
        self.stream = stream
        self.restart(None)

    def restart(self, start: int | None) -> None:
        self.start, self.first = start, 0
        self.got: set[int] = set()
        self.highest = start or 0
        self._is_settled = start is not None

    def begin(self, start: int) -> None:
        """The page has got its position with its state."""
        if self.start is None:
            self.restart(start)

    def answer(self, start: int, *, is_ping: bool) -> None:
        """A reply tells a position; that of the message that joined comes with the
        page's state, so what is before it need not come."""
        if self.start is None:
            self.start, self.highest = start, start
            self.first = start + 1 if is_ping else 0
        elif not self._is_settled and not is_ping:
            self.start = start
        self._is_settled = self._is_settled or not is_ping

    def event(self, seq: int, told: Set[str], user: str) -> Iterator[str]:
        """Take it in; what is wrong with it."""
        if self.start is None:
            self.start, self.first, self.highest = seq - 1, seq, seq - 1
        is_late = seq < self.first
        if seq <= self.highest and not is_late:
            yield f"{self.stream.name} {seq} after {self.highest}"
        told_of = max(self.highest, self.start)
        if lost := self._lost(told_of, seq - 1, told, user):
            yield f"{self.stream.name} {seq} before {lost}"
        self.got.add(seq)
        self.highest = max(self.highest, seq)

    def missing(self, told: Set[str], user: str) -> Iterator[str]:
        """What is late, and had to come before a gap or the end."""
        if self.start is None:
            return
        if lost := self._lost(self.start, self.highest, told, user):
            yield f"{self.stream.name} {lost} never came, and {self.highest} did"

    def behind(self, told: Set[str], user: str) -> str:
        """What is still to come, if anything."""
        if self.start is None:
            return f"{self.stream.name} has not begun" if self.stream.top else ""
        lost = self._lost(self.start, self.stream.top, told, user)
        return f"{self.stream.name} {lost} of {self.stream.top}" if lost else ""

    def _lost(self, start: int, top: int, told: Set[str], user: str) -> list[int]:
        """An event that came by another stream has come."""
        events = self.stream.events
        return [
            seq
            for seq in range(start + 1, top + 1)
            if seq not in self.got
            and seq in events
            and events[seq].id not in told
            and user not in events[seq].excluded
        ]
