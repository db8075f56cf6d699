"""What a client's protocol wants done."""

from enum import StrEnum
from typing import NamedTuple

from wsrouter.client.frames import EventFrame
from wsrouter.client.sockets import Socket


class State(StrEnum):
    """`WAITING` is the time between two attempts; `CLOSED` and `REFUSED` are final."""

    CONNECTING = "connecting"
    OPEN = "open"
    WAITING = "waiting"
    CLOSED = "closed"
    REFUSED = "refused"


FINAL = frozenset({State.CLOSED, State.REFUSED})


class Open(NamedTuple):
    """Open this socket; answer with `opened` or `ended`."""

    socket: Socket


class Send(NamedTuple):
    """Send a text, in this order."""

    socket: Socket
    text: str


class Close(NamedTuple):
    """Close this socket with the code 1000, or give up opening it. What it brings until
    it is closed does not count any more."""

    socket: Socket


class Deliver(NamedTuple):
    """An event for the listeners."""

    event: EventFrame


class Changed(NamedTuple):
    """The state of the client has changed; `error` says why, where that is known."""

    state: State
    error: Exception | None = None


class Report(NamedTuple):
    """An error that belongs to no call."""

    error: Exception


Effect = Open | Send | Close | Deliver | Changed | Report
