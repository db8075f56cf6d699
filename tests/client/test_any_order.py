"""A client's protocol when anything happens in any order: what holds all the same."""

import os
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from tests.client.scripted import Scripted, event
from wsrouter.client import ConnectionLost, OutboxFull, State
from wsrouter.client.effects import FINAL
from wsrouter.client.sockets import Socket

EXAMPLES = int(os.environ.get("WSROUTER_CLIENT_EXAMPLES", "60"))
WHICH = st.integers(0, 5)


class AnyOrder(RuleBasedStateMachine):
    """Sockets open, close, fall silent and speak, calls are made and answered, time
    passes, in steps and in leaps."""

    def __init__(self) -> None:
        super().__init__()
        self.client = Scripted(outbox_calls=3)
        self.open: list[Socket] = []
        self.calls: list[Any] = []
        self.replies: list[list[Any]] = []
        self.next_event = 0

    @property
    def usable(self) -> list[Socket]:
        return [one for one in self.open if one not in self.client.closed]

    @precondition(lambda self: not self.client.opening[-1].is_open)
    @rule(succeeds=st.booleans(), refused=st.booleans(), wait=st.sampled_from([0, 60]))
    def attempt(self, succeeds: bool, refused: bool, wait: int) -> None:
        if succeeds:
            socket = self.client.open()
            self.open += [socket] if socket.is_open else []
        else:
            self.client.end(self.client.opening[-1], is_refused=refused, wait=wait)

    @precondition(lambda self: self.open)
    @rule(which=WHICH)
    def end(self, which: int) -> None:
        socket = self.open[which % len(self.open)]
        self.client.end(socket)
        self.open.remove(socket)

    @rule(queue=st.booleans(), retry=st.booleans())
    def call(self, queue: bool, retry: bool) -> None:
        try:
            self.calls.append(self.client.call(queue=queue, retry=retry))
        except (ConnectionLost, OutboxFull):
            assert self.client.protocol.state is not State.OPEN

    @rule()
    def subscribe(self) -> None:
        if len(self.replies) < 3:
            self.replies.append(self.client.subscribe()[0])

    @precondition(lambda self: self.client.sent)
    @rule(which=WHICH, kind=st.sampled_from(["reply", "error", "gateway"]))
    def answer(self, which: int, kind: str) -> None:
        socket, frame = self.client.sent[-1 - which % len(self.client.sent)]
        found: dict[str, Any] = {"type": kind, "id": frame.get("id")}
        if kind == "error":
            found["error"] = {"code": "x", "retry": which % 2 == 0}
        if kind == "gateway":
            found = {"message": "Forbidden", "connectionId": "c="}
        self.client.get(socket, found)

    @precondition(lambda self: self.open)
    @rule(again=st.booleans(), which=WHICH)
    def tell(self, again: bool, which: int) -> None:
        self.next_event += not again
        self.client.get(self.open[which % len(self.open)], event(self.next_event))

    @rule(seconds=st.sampled_from([0.3, 5, 40, 300, 7000]), leap=st.booleans())
    def pass_time(self, seconds: float, leap: bool) -> None:
        (self.client.sleep if leap else self.client.pass_time)(seconds)

    @rule()
    def close(self) -> None:
        self.client.protocol.close()
        self.client.look()

    @invariant()
    def a_call_ends_once(self) -> None:
        assert all(call.count <= 1 for call in self.calls)

    @invariant()
    def no_event_comes_twice(self) -> None:
        assert len(set(self.client.events)) == len(self.client.events)

    @invariant()
    def it_waits_for_something_or_has_ended(self) -> None:
        is_final = self.client.protocol.state in FINAL
        assert self.client.is_idle is is_final
        if is_final:
            assert self.usable == []
            assert all(call.count == 1 for call in self.calls)

    @invariant()
    def the_state_is_the_last_one_told(self) -> None:
        assert self.client.states[-1] is self.client.protocol.state
        assert self.client.protocol.state is not State.OPEN or self.usable


AnyOrder.TestCase.settings = settings(
    max_examples=EXAMPLES,
    stateful_step_count=40,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)
TestAnyOrder = AnyOrder.TestCase
