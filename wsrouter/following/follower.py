"""All streams that a client follows: whatever order their frames come in, each event is
delivered once and in order, or a gap is told.

Positions belong to the client and not to a socket: a hand-over has two sockets, and one
that ends takes no position along.
"""

from collections.abc import Callable, Collection, Iterable, Mapping
from itertools import islice
from typing import Any

from wsrouter.following.question import (
    Entry,
    Known,
    Owner,
    Positions,
    Question,
    Told,
)
from wsrouter.following.stream import NEVER, Numbered, Stream

MAX_POSITIONS = 100
"""In one message."""

Deliver = Callable[[Mapping[str, Any]], object]
"""Gets the next frame of a stream."""
TellGap = Callable[[str | None, Collection[Owner]], object]
"""Gets the id of the stream whose events are missing, None where it is not known, and
whose stream it is."""


class Follower:
    """A frame that comes before another with a lower number is held, `hold` seconds
    until it counts as `overdue`. Frames of a stream that a call asks for wait for its
    reply: the state comes first."""

    def __init__(
        self,
        *,
        hold: float,
        clock: Callable[[], float],
        deliver: Deliver,
        tell_gap: TellGap,
    ) -> None:
        self.streams: dict[str, Stream] = {}
        self._owned: dict[Owner, None] = {}  # in the order in which they began
        self._hold, self._clock = hold, clock
        self._deliver, self._tell_gap = deliver, tell_gap
        self._under_way: dict[Question, None] = {}

    def give(self, positions: Positions) -> None:
        """Positions that came with the state, by HTTP. Those that are known stay."""
        for stream_id, seen in positions.items():
            stream = self._stream(stream_id)
            if not stream.epoch:
                stream.adopt(seen["epoch"], seen["seq"])
                stream.is_given = True

    def arrived(self, frame: Mapping[str, Any]) -> None:
        """An event with a place in a stream has come by post."""
        place = frame["stream"]
        stream = self._stream(place["id"])
        stream.held.append(Numbered(place["seq"], place["epoch"], frame))
        self._advance(stream)

    def follow(self, owner: Owner, positions: Positions) -> None:
        """A subscription has begun; `positions` came with its state."""
        self._owned[owner] = None
        self.give(positions)

    def question(self, owner: Owner) -> Question:
        """For the call of a subscription."""
        asked = self._known(lambda one: one.is_given or one.id in owner.streams)
        return Question(owner=owner, asked=asked, since=_since(asked) or None)

    def ping(self, socket: object) -> Question:
        """For a ping over this socket, which tells of all of its streams. Those of
        subscriptions that have no reply over it yet are left to them."""
        asked = self._known(
            lambda one: all(owner.socket is socket for owner in self._owners(one.id))
        )
        for stream in self.streams.values():
            stream.due = NEVER if stream.epoch else stream.due
        return Question(is_ping=True, asked=asked, since=_since(asked))

    def began(self, question: Question, socket: object) -> None:
        """The message was sent over this socket."""
        question.socket = socket
        if not question.is_ping:
            self._under_way[question] = None

    def settled(self, question: Question, told: Told | None) -> None:
        """The message was answered, and with what; or it has no answer that counts."""
        self._under_way.pop(question, None)
        if told is not None:
            self._judge_membership(question, told)
            for entry in told.entries:
                self._apply(entry, question)
        for stream in list(self.streams.values()):
            self._advance(stream)

    def forget(self, owner: Owner) -> None:
        """A subscription has ended; its streams are followed no more."""
        self._owned.pop(owner, None)
        for stream_id in owner.streams:
            self._forget(stream_id)

    def overdue(self) -> list[Stream]:
        """Those where something is missing and has been waited for."""
        now = self._clock()
        for stream in self.streams.values():
            if now >= stream.due:
                self._advance(stream)
        return [stream for stream in self.streams.values() if now >= stream.due]

    def give_up(self, stream: Stream) -> None:
        """What is missing cannot be asked for: a gap, and what is held is next."""
        self._gap(stream.id)
        stream.epoch = ""
        self._advance(stream)

    def clear(self) -> None:
        self.streams.clear()
        self._owned.clear()
        self._under_way.clear()

    def _stream(self, stream_id: str) -> Stream:
        return self.streams.setdefault(stream_id, Stream(id=stream_id))

    def _owners(self, stream_id: str) -> list[Owner]:
        return [owner for owner in self._owned if stream_id in owner.streams]

    def _known(self, is_asked: Callable[[Stream], bool]) -> Mapping[str, Known]:
        """First those that miss something."""
        found = [one for one in self.streams.values() if one.epoch and is_asked(one)]
        found.sort(key=lambda stream: -len(stream.held))
        return {one.id: Known.of(one) for one in islice(found, MAX_POSITIONS)}

    def _advance(self, stream: Stream) -> None:
        """Deliver what is next. While a call is under way that may join a stream, its
        frames are held: without an end if the call asks for the stream. A new
        subscription may join any stream, and any call one that is not known."""
        now = self._clock()
        late = min(stream.due, now + self._hold)
        if stream.epoch and any(stream.id in each.asked for each in self._under_way):
            stream.due = NEVER
        elif now < late and any(_may_join(each, stream) for each in self._under_way):
            stream.due = late
        else:
            for frame in stream.release():
                self._deliver(frame)
            stream.due = late if stream.held else NEVER

    def _judge_membership(self, question: Question, told: Told) -> None:
        """A repeated call that lacks a stream which it had is a gap: the connection is
        not in that group any more."""
        listed = {entry.id for entry in told.entries}
        if not told.is_complete:
            self._tell_gap(None, [question.owner] if question.owner else [])
        elif question.is_ping:
            for stream_id, known in question.asked.items():
                if stream_id not in listed:
                    self._unlisted(stream_id, known, question)
        elif (owner := question.owner) is not None:
            former, owner.streams, owner.socket = owner.streams, listed, question.socket
            for stream_id in former - listed:
                self._tell_gap(stream_id, [owner])
                self._forget(stream_id)

    def _unlisted(self, stream_id: str, known: Known, question: Question) -> None:
        """A ping does not tell of a stream: it was left over this socket, or a call had
        joined it over another one."""
        stream = self.streams.get(stream_id)
        if stream is None or stream.is_given or stream.told != known.told:
            return
        owners = self._owners(stream_id)
        if owners or known.socket not in (None, question.socket):
            self._gap(stream_id)
        for owner in owners:
            owner.streams.discard(stream_id)
        self._forget(stream_id)

    def _apply(self, entry: Entry, question: Question) -> None:
        stream, known = self._stream(entry.id), question.asked.get(entry.id)
        start = entry.events[0]["stream"]["seq"] - 1 if entry.events else entry.seq
        is_new, is_loose = entry.epoch != stream.epoch, not stream.told
        brings_state = known is None and not question.is_ping
        if brings_state and is_loose and not stream.is_given:
            stream.epoch = "" if is_new or start > stream.seq else stream.epoch
        stream.is_given, stream.told = False, stream.told + 1
        stream.socket = stream.socket if question.is_ping else question.socket
        if brings_state and entry.epoch == stream.epoch:
            self._complete(stream, entry, question.owner)
        if known is not None:
            _keep_frames(stream, entry.epoch)
        is_asked = known is not None and known[:2] == (stream.epoch, stream.seq)
        if entry.recovered or (stream.epoch and not is_asked):
            if not stream.epoch:
                first = start + 1 if question.is_ping else 0
                stream.adopt(entry.epoch, start, first=first)
            stream.held += _numbered(entry)
            stream.due = 0.0 if entry.again else stream.due
        elif entry.epoch != stream.epoch or not stream.reaches(entry.seq):
            stream.adopt(entry.epoch, entry.seq)
            self._gap(stream.id)
        self._advance(stream)

    def _complete(self, stream: Stream, entry: Entry, owner: Owner | None) -> None:
        """A stream that is known has been joined once more. The state that came with
        the reply may lack what frames have brought meanwhile, or what others were told
        to be missing."""
        stream.first = 0
        if entry.again:
            stream.seq = min(stream.seq, entry.seq)
        if not entry.recovered:
            self._tell_gap(stream.id, [owner] if owner else self._owners(stream.id))
        for event in entry.events:
            if event["stream"]["seq"] <= stream.seq:
                self._deliver(event)

    def _forget(self, stream_id: str) -> None:
        if not self._owners(stream_id):
            self.streams.pop(stream_id, None)

    def _gap(self, stream_id: str) -> None:
        self._tell_gap(stream_id, self._owners(stream_id))


def _may_join(question: Question, stream: Stream) -> bool:
    owner = question.owner
    return not stream.epoch if owner is None else owner.socket is None


def _since(asked: Mapping[str, Known]) -> Positions:
    return {stream_id: known.seen for stream_id, known in asked.items()}


def _keep_frames(stream: Stream, epoch: str) -> None:
    """The answer says it all, also of what another reply has shown to be missing."""
    epochs = (stream.epoch, epoch)
    stream.held = [
        each for each in stream.held if each.frame is not None and each.epoch in epochs
    ]


def _numbered(entry: Entry) -> Iterable[Numbered]:
    for event in entry.events:
        yield Numbered(event["stream"]["seq"], event["stream"]["epoch"], event)
    # There is at least one more where the events did not fit.
    yield Numbered(entry.seq + entry.again, entry.epoch)
