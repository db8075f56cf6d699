"""One stream as a client follows it: its position, and the frames that are held."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

NEVER = float("inf")


class Numbered(NamedTuple):
    """A frame with its place in a stream. Without a `frame` it stands for all up to its
    number: the client knows that they exist."""

    seq: int
    epoch: str
    frame: Mapping[str, Any] | None = None


def has_place(frame: Mapping[str, Any]) -> bool:
    """Whether an event's frame says where it is in a stream."""
    match frame.get("stream"):
        case {"id": str(), "epoch": str(), "seq": int()}:
            return True
    return False


@dataclass(eq=False, kw_only=True, slots=True)
class Stream:
    """`epoch` is "" until there is a position. A late frame from before `first` is not
    one that comes again: the client has seen the stream from there only.

    `socket` is the one over which a call has joined it; None where only pings or frames
    have told of it. `told` counts the replies that did, to calls and to pings.
    `is_given`: its position came from elsewhere, and no reply has told of it yet. What
    is held is waited for until `due`.
    """

    id: str
    epoch: str = ""
    seq: int = 0
    first: int = 0
    held: list[Numbered] = field(default_factory=list)
    due: float = NEVER
    socket: object | None = None
    told: int = 0
    is_given: bool = False

    def adopt(self, epoch: str, seq: int, *, first: int = 0) -> None:
        """Take another position. Held frames of other epochs mean nothing now."""
        self.epoch, self.seq, self.first = epoch, seq, first
        self.held = [each for each in self.held if each.epoch == epoch]

    def release(self) -> list[Mapping[str, Any]]:
        """The frames that are next, in order; the position moves beyond them."""
        held = sorted(self.held, key=lambda each: (each.seq, each.frame is None))
        if held and not self.epoch:
            self._start_with(held[0])
        self.held = [each for each in held if each.epoch != self.epoch]
        released = []
        for each in held:
            if each.epoch != self.epoch:
                continue
            if each.seq > self.seq + (each.frame is not None):
                self.held.append(each)
            elif each.seq > self.seq or each.seq < self.first:
                self.seq = max(self.seq, each.seq)
                released += [] if each.frame is None else [each.frame]
        return released

    def reaches(self, top: int) -> bool:
        """Whether nothing is missing up to this number."""
        numbers = {each.seq for each in self.held if each.frame is not None}
        return numbers.issuperset(range(self.seq + 1, top + 1))

    def _start_with(self, oldest: Numbered) -> None:
        self.epoch, self.first = oldest.epoch, oldest.seq
        self.seq = oldest.seq - (oldest.frame is not None)
