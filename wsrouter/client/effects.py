"""What a client's protocol wants done."""

from collections.abc import Callable
from enum import StrEnum
from typing import Any, NamedTuple

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


class Gap(NamedTuple):
    """Events of a stream are missing, and the server does not have them any more: load
    the state again. `id` is the stream's, None where all streams of the call may miss
    some; `action` and `payload` are those of the subscription whose stream it is."""

    id: str | None
    action: str | None = None
    payload: Any = None


class Miss(NamedTuple):
    """A gap for the listeners; `on_gap` is the subscription's own."""

    gap: Gap
    on_gap: Callable[..., Any] | None = None


class Changed(NamedTuple):
    """The state of the client has changed; `error` says why, where that is known."""

    state: State
    error: Exception | None = None


class Report(NamedTuple):
    """An error that belongs to no call."""

    error: Exception


Effect = Open | Send | Close | Deliver | Miss | Changed | Report
