"""Streams on the wire: the position in an event, and what a reply tells of a stream."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import orjson

from wsrouter.routing.resume import Resume

SKIPPED = "wsrouter.skipped"
"""The type of the frame that somebody gets who was excluded, so that the numbers have
no hole."""
STREAM_BYTES = 150
"""More than the `stream` member of an event takes."""
KEPT_EVENT_BYTES = 64 * 1024
"""The frame of a kept event, so that at least one fits beside any reply's streams."""
ENTRIES_BYTES = 4 * 1024
"""Kept free in a reply for the positions of streams."""
ENTRY_BYTES = 128
"""More than the entry of a stream takes without its events."""
MAX_ENTRIES = 300
"""Streams that one reply tells of."""
REPLAY_BYTES = 100 * 1024
"""The events in one reply."""


class StreamPosition(NamedTuple):
    """A place in a stream, by its public id."""

    id: str
    epoch: str
    seq: int


@dataclass(frozen=True, kw_only=True, slots=True)
class StreamEntry:
    """What a reply tells of one stream. `position` is that of a client that has applied
    `events`, complete frames; None where it could not be read. `again`: the events did
    not fit, and are to be asked for once more."""

    position: StreamPosition | None = None
    recovered: bool = False
    again: bool = False
    events: Sequence[bytes] = ()

    def as_json(self) -> dict[str, object]:
        if self.position is None:
            return {"recovered": False}
        entry = {**self.position._asdict(), "recovered": self.recovered}
        again = {"again": True} if self.again else {}
        return entry | again | {"events": list(map(orjson.Fragment, self.events))}


def entries_bytes(resume: Resume) -> int:
    """What a reply keeps free for the positions of the streams that it tells of."""
    return bytes_of_entries(len(resume.groups or ()))


def bytes_of_entries(count: int) -> int:
    """The same for so many streams."""
    return max(ENTRIES_BYTES, ENTRY_BYTES * min(count, MAX_ENTRIES))


def kept_event(
    name: str, event_id: str, payload: bytes, position: StreamPosition
) -> bytes:
    """The text of a kept event's frame; `payload` is JSON."""
    return orjson.dumps(
        {
            "type": name,
            "id": event_id,
            "payload": orjson.Fragment(payload),
            "stream": position._asdict(),
        }
    )


def skipped(position: StreamPosition) -> bytes:
    """The text of the marker in the place of an event."""
    return orjson.dumps({"type": SKIPPED, "stream": position._asdict()})


def reply_with_streams(reply: bytes, entries: Sequence[StreamEntry]) -> bytes:
    """A reply's frame with the member `streams`."""
    streams = orjson.dumps([entry.as_json() for entry in entries])
    return reply[:-1] + b',"streams":' + streams + b"}"
