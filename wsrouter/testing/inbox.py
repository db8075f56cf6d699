"""What a test client has received: frames, and gaps in the streams of kept events."""

from collections import deque
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from time import monotonic
from typing import Any, NamedTuple

from pydantic_core import from_json

from wsrouter.following.follower import Follower
from wsrouter.following.question import Owner, Positions, Question, Told
from wsrouter.following.stream import has_place

_LIBRARY = "wsrouter."


class Gap(NamedTuple):
    """Kept events that a client has missed for good. `group` is "" for the stream of
    the user; `action` and `payload` are those of the subscription, None without one."""

    group: str
    action: str | None = None
    payload: Any = None


@dataclass(eq=False, kw_only=True, slots=True)
class Subscription(Owner):
    """A call that a client repeats when it reconnects; `reply` is the payload of the
    latest reply."""

    action: str
    payload: Any
    reply: Any = None


def type_of(frame: Any) -> Any:
    """The `type` of a frame; None for one that has none, or is no object."""
    return frame.get("type") if isinstance(frame, dict) else None


def _parsed(data: bytes) -> Any:
    """A frame as JSON, or as the text that it is."""
    try:
        return from_json(data)
    except ValueError:
        return data.decode("utf-8", "replace")


class Inbox:
    """Kept events are in it once and in order, as those clients deliver them that come
    with the library. In memory nothing is under way, so that what is not there is lost;
    over the network it is waited for `hold` seconds. `group_of` finds the name of a
    stream's group."""

    def __init__(self, group_of: Callable[[str], str], *, hold: float = 0.0) -> None:
        self.frames: deque[dict[str, Any]] = deque()
        self.gaps: list[Gap] = []
        self.follower = Follower(
            hold=hold,
            clock=monotonic if hold else lambda: 0.0,
            deliver=self._deliver,
            tell_gap=self._tell_gap,
        )
        self._group_of = group_of
        self._seen: set[str] = set()
        self._loses_posts = False

    def first(self, kind: str | None) -> dict[str, Any] | None:
        """The first frame of a type, or of any."""
        found = (one for one in self.frames if kind in (None, type_of(one)))
        return next(found, None)

    def listing(self) -> str:
        return f"there is: {list(self.frames)}"

    def arrived(self, data: bytes) -> None:
        """A frame was posted."""
        if self._loses_posts:
            return
        frame = _parsed(data)
        if isinstance(frame, dict) and has_place(frame):
            self.follower.arrived(frame)
        else:
            self.frames.append(frame)

    def answered(self, question: Question, data: bytes) -> None:
        """A message was answered with this frame, or not at all."""
        frame = _parsed(data) if data else {}
        if data:
            self.frames.append(frame)
        is_reply = type_of(frame) == "reply"
        told = Told.of(frame.get("streams")) if is_reply else None
        self.follower.settled(question, told)

    @contextmanager
    def lost_posts(self) -> Iterator[None]:
        self._loses_posts = True
        try:
            yield
        finally:
            self._loses_posts = False

    def forget(self, since: Positions | None) -> None:
        """Begin with these positions, and without subscriptions."""
        self.follower.clear()
        self.follower.give(since or {})

    def _deliver(self, frame: Mapping[str, Any]) -> None:
        """An event of two streams comes by both, and is delivered once."""
        event_id = frame.get("id", "")
        is_event = not frame["type"].startswith(_LIBRARY)
        if is_event and event_id not in self._seen:
            self._seen.add(event_id)
            self.frames.append(dict(frame))

    def _tell_gap(self, stream_id: str | None, owners: Collection[Owner]) -> None:
        group = self._group_of(stream_id or "")
        told = [one for one in owners if isinstance(one, Subscription)]
        self.gaps += [Gap(group, one.action, one.payload) for one in told]
        if not told:
            self.gaps.append(Gap(group))
