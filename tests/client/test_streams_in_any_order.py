"""A client that was told of no gap has had every kept event once and in order, whatever
became of posts, calls and sockets."""

from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
)

from tests.client.scripted import Scripted
from tests.client.scripted_server import Handled, ScriptedServer
from tests.client.test_any_order import EXAMPLES
from wsrouter.client import State
from wsrouter.client.effects import Gap
from wsrouter.client.sockets import Socket

CHOICES = st.sampled_from(["a", "b", "ab", "bc", "cab"])
GROUP = st.sampled_from("abc")
WHICH = st.integers(0, 7)
THROTTLED = {"code": "throttled", "retry": True}
REFUSALS = [
    None,
    {"type": "error", "error": THROTTLED},
    {"message": "Internal server error", "connectionId": "c=", "id": None},
]


class Watched(Scripted):
    """Remembers what it was told of each group."""

    def __init__(self, server: ScriptedServer, **numbers: Any) -> None:
        self.server = server
        self.seen: dict[int, str] = {}
        self.latest: dict[str, int] = {}
        self.anchored: set[str] = set()
        self.early: set[str] = set()
        self.renewed: list[str] = []
        self.watching: list[Watching] = []
        super().__init__(**numbers)

    def heard(self, frame: Any) -> None:
        number, place = frame["payload"], frame["stream"]
        group = group_of(place["id"])
        if group not in self.anchored:
            self.early.add(group)
        assert number not in self.seen, f"event {number} came twice"
        self.seen[number] = group
        if group not in self.early:
            assert place["seq"] > self.latest.get(group, 0), f"{group} is not in order"
        self.latest[group] = max(self.latest.get(group, 0), place["seq"])


class Watching:
    """A subscription, and what it may count on: every event above `floors`."""

    def __init__(self, client: Watched, groups: str) -> None:
        self.client, self.groups = client, groups
        self.floors: dict[str, int] = {}
        self.gaps: set[tuple[str, float]] = set()
        payload = {"groups": list(groups)}
        how = {"on_reply": self.replied, "on_gap": self.gap}
        _, self.subscription = client.subscribe("watch", payload=payload, **how)

    def replied(self, payload: Any) -> None:
        for group, seq in payload["begun"].items():
            self.client.anchored.add(group)
            self.floors.setdefault(group, seq)

    def gap(self, gap: Gap) -> None:
        """Nothing that was numbered until now is promised any more."""
        group = group_of(gap.id)
        log, seen = self.client.server.log, self.client.seen
        if all(seen.get(number) == name for name, _, number, _ in log if name == group):
            is_again = (group, self.client.now) in self.gaps
            assert is_again or group in self.client.renewed, f"{group} has no gap"
        self.gaps.add((group, self.client.now))
        if group in self.floors:
            self.floors[group] = self.client.server.of(group).seq

    def after(self, group: str) -> list[int]:
        floor, log = self.floors.get(group, 10**9), self.client.server.log
        return [number for name, seq, number, _ in log if name == group and seq > floor]

    def missing(self, group: str) -> list[int]:
        log = self.client.server.log
        excluded = {number for *_, number, is_out in log if is_out}
        known = self.client.seen.keys() | excluded
        return [number for number in self.after(group) if number not in known]


def group_of(stream_id: str | None) -> str:
    return (stream_id or "").strip("-")


class StreamsInAnyOrder(RuleBasedStateMachine):
    """Events are published, posts come late, twice, or never, sockets end, a call takes
    its time, the server forgets."""

    @initialize(last=st.sampled_from([3, 10, 100]))
    def begin(self, last: int) -> None:
        self.server = ScriptedServer(last=last, reply_bytes=900)
        numbers = {"hand_over": 180.0, "hand_over_spread": 0.0}
        self.client = Watched(self.server, **numbers)
        self.open()
        self.subscribe("ab")

    def go_on(self) -> None:
        self.server.read(self.client)

    def get(self, socket: Socket, frame: Any) -> None:
        if socket not in self.client.closed:
            self.client.get(socket, frame)
        self.go_on()

    def reply(self, handled: Handled) -> None:
        self.get(handled.socket, self.server.answer(handled))

    @rule(groups=CHOICES, is_excluded=st.booleans(), count=st.integers(1, 6))
    def publish(self, groups: str, is_excluded: bool, count: int) -> None:
        for _ in range(count):
            self.server.publish(*groups, is_excluded=is_excluded and count < 3)

    @precondition(lambda self: self.server.posts)
    @rule(which=WHICH, again=st.booleans())
    def deliver(self, which: int, again: bool) -> None:
        posts = self.server.posts
        post = posts[which % len(posts)] if again else posts.pop(which % len(posts))
        self.get(*post)

    @precondition(lambda self: self.server.posts)
    @rule(step=st.sampled_from([1, -1, 2]))
    def deliver_many(self, step: int) -> None:
        posts = self.server.posts[::step]
        self.server.posts = self.server.posts[1::2] if step == 2 else []
        for post in posts:
            self.get(*post)

    @precondition(lambda self: self.server.posts)
    @rule(which=WHICH)
    def lose(self, which: int) -> None:
        self.server.posts.pop(which % len(self.server.posts))

    @precondition(lambda self: self.server.under_way)
    @rule(which=WHICH, act=st.sampled_from(["begin", "join", "reply", "reply"]))
    def serve(self, which: int, act: str) -> None:
        handled = self.server.under_way[which % len(self.server.under_way)]
        if act == "reply":
            self.reply(handled)
        else:
            getattr(self.server, act)(handled)

    @precondition(lambda self: self.server.under_way)
    @rule()
    def serve_all(self) -> None:
        for handled in list(self.server.under_way):
            self.reply(handled)

    @precondition(lambda self: len(self.client.watching) < 4)
    @rule(groups=CHOICES)
    def subscribe(self, groups: str) -> None:
        self.client.watching.append(Watching(self.client, groups))
        self.go_on()

    @precondition(lambda self: self.client.watching)
    @rule()
    def unsubscribe(self) -> None:
        ended = self.client.watching.pop(0)
        self.client.protocol.unsubscribe(ended.subscription)
        left = set().union(*(one.floors for one in self.client.watching))
        for group in ended.floors.keys() - left:
            self.client.latest.pop(group, None)
            self.client.anchored.discard(group)

    @rule()
    def call(self) -> None:
        if self.client.protocol.state is State.OPEN:
            self.client.call("slow")
        self.go_on()

    @precondition(lambda self: not self.client.opening[-1].is_open)
    @rule()
    def open(self) -> None:
        self.client.open()
        self.go_on()

    @rule(which=WHICH)
    def end(self, which: int) -> None:
        opened = [one for one in self.client.opening if one.is_open]
        socket = opened[-1 - which % min(2, len(opened))]
        self.client.end(socket)
        self.server.members.pop(socket, None)
        self.server.posts = [post for post in self.server.posts if post[0] != socket]
        self.server.under_way = [
            one for one in self.server.under_way if one.socket != socket
        ]
        self.go_on()

    @rule(seconds=st.sampled_from([0.3, 1, 3, 20, 120, 400]), leap=st.booleans())
    def pass_time(self, seconds: float, leap: bool) -> None:
        (self.client.sleep if leap else self.client.pass_time)(seconds)
        self.go_on()

    @rule(group=GROUP)
    def renew(self, group: str) -> None:
        self.server.renew_epoch(group)
        self.client.renewed.append(group)

    @rule(group=GROUP, count=st.integers(1, 7))
    def forget(self, group: str, count: int) -> None:
        self.server.forget_rows(group, count)

    @rule(answer=st.sampled_from(REFUSALS))
    def answer_pings(self, answer: Any) -> None:
        self.server.ping_answer = answer

    @rule(fails=st.booleans())
    def answer_calls(self, fails: bool) -> None:
        self.server.watch_error = THROTTLED if fails else None

    @invariant()
    def waits_for_something(self) -> None:
        assert not self.client.is_idle

    def teardown(self) -> None:
        if not hasattr(self, "client"):
            return
        self.server.ping_answer = self.server.watch_error = None
        for _ in range(200):
            if not self.client.opening[-1].is_open:
                self.open()
            for post in self.server.posts:
                self.get(*post)
            self.server.posts = []
            if self.server.under_way:
                self.serve_all()
            self.pass_time(4, leap=False)
        for watching in self.client.watching:
            for group in watching.groups:
                assert group in watching.floors, f"{group} has no reply"
                assert watching.missing(group) == []
        self.client.protocol.close()
        self.client.look()
        assert self.client.is_idle


StreamsInAnyOrder.TestCase.settings = settings(
    max_examples=EXAMPLES,
    stateful_step_count=50,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)
TestStreamsInAnyOrder = StreamsInAnyOrder.TestCase
