"""What was sent in a block of a test, with or without sockets."""

from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import Any, overload

from wsrouter.delivery.sender import Sender
from wsrouter.registry import transactions
from wsrouter.routing import sender_slot
from wsrouter.routing.delivery import Delivery
from wsrouter.routing.event import Event
from wsrouter.routing.ports import Outgoing
from wsrouter.signals import delivered
from wsrouter.testing import chosen_gateway
from wsrouter.testing.block import Block
from wsrouter.testing.outcomes import NotAtThisGateway
from wsrouter.testing.post_fault import connection_id_of
from wsrouter.testing.sent_event import ANYTHING, Expectation, SentEvent
from wsrouter.testing.simulated_gateway import memory, run_on_commit_callbacks
from wsrouter.testing.substitution import worked_in_place
from wsrouter.wiring import outgoing as wiring
from wsrouter.wiring import substitutes


class CapturedEvents(Sequence[SentEvent]):
    """The events in the order in which they were sent, or their transaction committed.
    `deliveries` are those that have a report, as the signal `delivered` has them."""

    def __init__(self) -> None:
        self.deliveries: list[Delivery] = []
        self._sent: list[SentEvent] = []

    @overload
    def __getitem__(self, index: int) -> SentEvent: ...

    @overload
    def __getitem__(self, index: slice) -> Sequence[SentEvent]: ...

    def __getitem__(self, index: int | slice) -> SentEvent | Sequence[SentEvent]:
        run_on_commit_callbacks()
        return self._sent[index]

    def __len__(self) -> int:
        run_on_commit_callbacks()
        return len(self._sent)

    def __iter__(self) -> Iterator[SentEvent]:
        run_on_commit_callbacks()
        return iter(list(self._sent))

    def __repr__(self) -> str:
        return f"<CapturedEvents {self._sent!r}>"

    def assert_sent(
        self,
        event: Event[Any] | str,
        payload: Any = ANYTHING,
        *,
        group: str | None = None,
        user: Any = None,
        connection: Any = None,
        everyone: bool = False,
        times: int | None = None,
    ) -> SentEvent:
        """The first event that is as expected; raises AssertionError with what was sent
        instead, the most similar first.

        `payload` is compared as JSON, or is a function that gets the payload and says
        whether it is meant. `connection` is a client, a Connection or an id. Without
        `times` there has to be one at least.
        """
        expected = Expectation(
            event=event if isinstance(event, str) else event.name,
            payload=payload,
            to=_recipients(group, user, connection, everyone),
        )
        found = [sent for sent in self if not expected.differences(sent)]
        if times is None and found:
            return found[0]
        if times is None or len(found) != times:
            raise AssertionError(self._problem(expected, len(found), times))
        return found[0] if found else self._none()

    def assert_not_sent(
        self, event: Event[Any] | str, payload: Any = ANYTHING, **to: Any
    ) -> None:
        """Raises AssertionError when there is such an event; takes what `assert_sent`
        takes."""
        expected = Expectation(
            event=event if isinstance(event, str) else event.name,
            payload=payload,
            to=_recipients(**to),
        )
        found = [sent for sent in self if not expected.differences(sent)]
        if found:
            raise AssertionError(f"{expected} was sent: {found[0]}")

    def _none(self) -> SentEvent:
        raise AssertionError("For `times=0` use assert_not_sent.")

    def _problem(self, expected: Expectation, count: int, times: int | None) -> str:
        """Near misses come first."""
        often = "not sent" if times is None else f"sent {count} times, not {times}"
        lines = [f"{expected} was {often}."]
        if not self._sent:
            return f"{lines[0]} Nothing was."
        near = sorted(self._sent, key=lambda sent: len(expected.differences(sent)))
        lines.append("There was:")
        for sent in near:
            other = ", ".join(expected.differences(sent))
            lines.append(f"  {sent}" + (f"  (other: {other})" if other else ""))
        return "\n".join(lines)


@dataclass(frozen=True)
class CapturingSender:
    """Does all that the real sender does, and remembers what was sent: at once, or when
    the open transactions have committed."""

    inner: Sender
    sent: list[SentEvent]

    def send(self, outgoing: Outgoing, *, now: bool) -> Delivery:
        delivery = self.inner.send(outgoing, now=now)

        def remember() -> None:
            self.sent.append(SentEvent.of(outgoing, delivery))

        if now or not transactions.after_commits(remember):
            remember()
        return delivery

    def __getattr__(self, name: str) -> Any:
        return getattr(self.inner, name)


@dataclass
class captured_events(Block[CapturedEvents]):  # noqa: N801  # a word of tests
    """`with captured_events() as sent:` has all that is sent in the block, in every
    thread of the process, by handlers, views and tasks. Nothing leaves the process:
    open test clients get it, and what BACKGROUND would give to workers is done here.
    In an async test use `async with`."""

    _stack: ExitStack = field(default_factory=ExitStack)

    def begin(self) -> CapturedEvents:
        """Raises NotAtThisGateway for a deployed API."""
        if chosen_gateway.is_url(chosen_gateway.chosen()):
            raise NotAtThisGateway("What a deployed API sends cannot be captured.")
        run_on_commit_callbacks()
        captured = CapturedEvents()
        if substitutes.current.transport is None or memory.has_clients:
            memory.enter()
            self._stack.callback(memory.leave)
        self._stack.enter_context(worked_in_place())
        self._capture(captured)
        self._stack.callback(run_on_commit_callbacks)
        return captured

    def end(self) -> None:
        self._stack.close()

    def _capture(self, captured: CapturedEvents) -> None:
        before = list(sender_slot.senders)
        find = before[0] if before else wiring.sender

        def restore() -> None:
            sender_slot.senders[:] = before

        def listen(delivery: Delivery, **_: Any) -> None:
            captured.deliveries.append(delivery)

        self._stack.callback(restore)
        self._stack.callback(delivered.disconnect, listen)
        delivered.connect(listen, weak=False)
        sender_slot.install_sender(lambda: CapturingSender(find(), captured._sent))


def _recipients(
    group: str | None = None,
    user: Any = None,
    connection: Any = None,
    everyone: bool = False,
) -> dict[str, Any]:
    found: dict[str, Any] = {}
    if group is not None:
        found["groups"] = group
    if user is not None:
        found["users"] = wiring.sender().user_key(user)
    if connection is not None:
        found["connections"] = connection_id_of(connection)
    if everyone:
        found["everyone"] = True
    return found
