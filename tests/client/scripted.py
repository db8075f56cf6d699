"""A client's protocol with a clock that stands still, and sockets that a test plays."""

import json
from typing import Any

from wsrouter.client.effects import (
    Changed,
    Close,
    Deliver,
    Effect,
    Gap,
    Miss,
    Open,
    Report,
    Send,
    State,
)
from wsrouter.client.frames import NO_PAYLOAD, Envelope
from wsrouter.client.options import Options
from wsrouter.client.protocol import Protocol
from wsrouter.client.sockets import NEVER, Socket


class Answered:
    """What came of a call."""

    def __init__(self) -> None:
        self.payload: Any = None
        self.error: Any = None
        self.count = 0

    def __call__(self, payload: Any, error: Exception | None) -> None:
        self.payload, self.error = payload, error
        self.count += 1


class Scripted:
    """Carries out nothing but remembers what was asked for."""

    def __init__(
        self,
        *,
        jitter: float = 0.5,
        flat: bool = False,
        since: Any = None,
        **numbers: Any,
    ) -> None:
        self.now = 1000.0
        self.jitter = jitter
        self.options = Options(**numbers)
        self.protocol = Protocol(
            self.options,
            Envelope(is_flat=flat),
            clock=lambda: self.now,
            random=lambda: self.jitter,
            since=since,
        )
        self.opening: list[Socket] = []
        self.closed: list[Socket] = []
        self.sent: list[tuple[Socket, dict[str, Any]]] = []
        self.events: list[Any] = []
        self.frames: list[Any] = []
        self.gaps: list[Gap] = []
        self.states: list[State] = []
        self.reports: list[Exception] = []
        self.protocol.start()
        self.look()

    def look(self) -> None:
        while self.protocol.effects:
            self._note(self.protocol.effects.popleft())

    def _note(self, effect: Effect) -> None:
        match effect:
            case Open(socket):
                self.opening.append(socket)
            case Close(socket):
                self.closed.append(socket)
            case Send(socket, text):
                assert socket.is_open
                assert socket not in self.closed
                self.sent.append((socket, json.loads(text)))
            case _:
                self._note_told(effect)

    def _note_told(self, effect: Effect) -> None:
        match effect:
            case Deliver(event):
                self.events.append(event.frame["payload"])
                self.heard(event.frame)
            case Miss(gap, on_gap):
                self.gaps.append(gap)
                if on_gap is not None:
                    on_gap(gap)
            case Changed(state, _):
                self.states.append(state)
            case Report(error):
                self.reports.append(error)

    def heard(self, frame: Any) -> None:
        """An event was delivered."""
        self.frames.append(frame)

    def open(self) -> Socket:
        """The latest attempt succeeds."""
        socket = self.opening[-1]
        self.protocol.opened(socket)
        self.look()
        return socket

    def end(self, socket: Socket, **how: Any) -> None:
        self.protocol.ended(socket, OSError("ended"), **how)
        self.look()

    def get(self, socket: Socket, frame: Any) -> None:
        text = frame if isinstance(frame, str) else json.dumps(frame)
        self.protocol.received(socket, text)
        self.look()

    def reply(self, socket: Socket, payload: Any = None, back: int = 1) -> None:
        """Answer the `back`th last message that was sent over this socket."""
        sent = [frame for over, frame in self.sent if over is socket]
        message_id = sent[-back]["id"]
        self.get(socket, {"type": "reply", "id": message_id, "payload": payload})

    def call(self, action: str = "a", payload: Any = NO_PAYLOAD, **how: Any) -> Any:
        answered = Answered()
        how = {"timeout": 30} | how
        self.protocol.exchange.call(action, payload, answered, **how)
        self.look()
        return answered

    def subscribe(
        self, action: str = "s", *, since: Any = None, **how: Any
    ) -> tuple[list[Any], Any]:
        """The replies so far, and the subscription."""
        replies: list[Any] = []
        given = {"timeout": 30.0, "on_error": None, "payload": NO_PAYLOAD}
        given["on_reply"] = replies.append
        subscription = self.protocol.exchange.subscription(
            action=action, **(given | how)
        )
        self.protocol.subscribe(subscription, since)
        self.look()
        return replies, subscription

    def pass_time(self, seconds: float) -> None:
        """Let time pass, with a tick at every deadline."""
        end = self.now + seconds
        while (due := self.protocol.deadline()) <= end:
            self.now = max(self.now, due)
            self.protocol.tick()
            self.look()
        self.now = end

    def sleep(self, seconds: float) -> None:
        """The program stands still, and one late tick follows."""
        self.now += seconds
        self.protocol.tick()
        self.look()

    @property
    def is_idle(self) -> bool:
        return self.protocol.deadline() == NEVER

    def actions(self, socket: Socket) -> list[str]:
        return [frame["action"] for over, frame in self.sent if over is socket]


def event(number: int, kind: str = "counted") -> dict[str, Any]:
    return {"type": kind, "id": f"{number:016x}", "payload": number}
