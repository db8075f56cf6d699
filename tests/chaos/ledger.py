"""What one page has written down, as the judges read it."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from tests.chaos.halls import hall_of

FOREVER = 10**15


@dataclass(frozen=True, kw_only=True)
class Call:
    """`answered_at` is None while there is no answer; `outcome` is `reply` or the code
    of an error."""

    id: int
    at: int
    answered_at: int | None = None
    outcome: str = ""
    number: int = 0
    user: str = ""


@dataclass(kw_only=True)
class Presence:
    """One socket in the page's hall."""

    entered_at: int
    closed_at: int = FOREVER


@dataclass(kw_only=True)
class Ledger:
    """`told` has of each plain event whom it was for and its text, by socket; `streams`
    are the ids of streams that it was told of, `gateway_errors` the moments at which
    the page got one that belonged to no call."""

    name: str
    user: str
    watched: frozenset[str]
    calls: dict[int, Call] = field(default_factory=dict)
    presences: dict[int, Presence] = field(default_factory=dict)
    told: list[tuple[int, str, str]] = field(default_factory=list)
    streams: set[str] = field(default_factory=set)
    trespasses: list[str] = field(default_factory=list)
    gateway_errors: list[int] = field(default_factory=list)
    others_halls: set[str] = field(default_factory=set)

    @property
    def hall(self) -> str:
        return f"hall:{hall_of(int(self.user))}"

    @cached_property
    def texts(self) -> frozenset[str]:
        return frozenset(text for _, _, text in self.told)

    def count_twice(self) -> int:
        """How often the same event came over the same socket again."""
        seen: defaultdict[tuple[int, str], int] = defaultdict(int)
        for socket, _, text in self.told:
            seen[socket, text] += 1
        return sum(times - 1 for times in seen.values())


def read(page: Mapping[str, Any], watched: Sequence[str]) -> Ledger:
    ledger = Ledger(name=page["name"], user=page["user"], watched=frozenset(watched))
    for kind, at, *values in page["records"]:
        _READERS.get(kind, _ignore)(ledger, at, *values)
    return ledger


def _call(ledger: Ledger, at: int, call: int) -> None:
    ledger.calls[call] = Call(id=call, at=at)


def _answer(
    ledger: Ledger, at: int, call: int, outcome: str, number: int = 0, user: str = ""
) -> None:
    asked = ledger.calls[call].at
    ledger.calls[call] = Call(
        id=call, at=asked, answered_at=at, outcome=outcome, number=number, user=user
    )


def _entered(ledger: Ledger, at: int, socket: int, hall: str, _: str) -> None:
    if hall != ledger.hall:
        ledger.others_halls.add(hall)
    else:
        ledger.presences.setdefault(socket, Presence(entered_at=at))


def _closed(ledger: Ledger, at: int, socket: int) -> None:
    if socket in ledger.presences:
        ledger.presences[socket].closed_at = at


def _got(ledger: Ledger, _: int, socket: int, __: str, ___: str, *event: str) -> None:
    to, text = event
    ledger.told.append((socket, to, text))


def _event(ledger: Ledger, _: int, stream: str, *__: Any) -> None:
    ledger.streams.add(stream)


def _trespass(ledger: Ledger, _: int, __: int, outcome: str) -> None:
    ledger.trespasses.append(outcome)


def _problem(ledger: Ledger, at: int, text: str) -> None:
    if "gateway_error" in text:
        ledger.gateway_errors.append(at)


def _ignore(*_: Any) -> None:
    """Other judges read it."""


_READERS = {
    "call": _call,
    "answer": _answer,
    "entered": _entered,
    "closed": _closed,
    "got": _got,
    "event": _event,
    "trespass": _trespass,
    "problem": _problem,
}
