"""Whether a page was told what was committed, by the record that it has kept.

A page that was told of no gap has got every event of its streams from its first
position, once, in the order of the numbers. A gap must have had a reason, and after it
the same holds from the position that the answer gave.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from tests.faults.truth import MOST_ROWS, Stream, Truth
from tests.faults.view import View

Entry = Mapping[str, Any]
"""What a reply tells of one stream."""


@dataclass(kw_only=True)
class Verdict:
    """`problems` are for ever; `behind` may pass when the page asks once more."""

    problems: list[str] = field(default_factory=list)
    behind: list[str] = field(default_factory=list)
    counts: Counter[str] = field(default_factory=Counter)


class Judge:
    """Reads the record of one page; `watched` are the groups that it has joined."""

    def __init__(
        self, name: str, user: str, watched: Sequence[str], truth: Truth
    ) -> None:
        self.name, self.user, self.watched, self.truth = name, user, watched, truth
        self.verdict = Verdict()
        self.views: dict[str, View] = {}
        self.told: set[str] = set()
        self._asked: dict[str, Mapping[str, Any]] = {}
        self._refused: dict[str, tuple[Entry, Mapping[str, Any] | None]] = {}

    def read(self, records: Sequence[Sequence[Any]]) -> Verdict:
        readers = {
            "page": self._page,
            "ask": self._ask,
            "reply": self._reply,
            "event": self._event,
            "gap": self._gap,
        }
        for kind, at, *values in records:
            if kind in readers:
                readers[kind](at, *values)
            else:
                self.verdict.counts[f"{kind}: {values[0]}"] += 1
        self._end()
        return self.verdict

    def _page(self, _: int, since: Mapping[str, Any], rows: Mapping[str, Any]) -> None:
        for stream_id, position in since.items():
            if view := self._view(stream_id):
                view.begin(position["seq"])
        for name, read in rows.items():
            kind = "user" if name.startswith("@") else "group"
            stream = self.truth.named(kind, name.removeprefix("@"))
            if stream:
                self._check_state(stream, read, since[stream.id]["seq"])

    def _ask(self, _: int, call: str, since: Mapping[str, Any]) -> None:
        self._asked[call] = since

    def _reply(
        self,
        at: int,
        action: str,
        call: str,
        entries: Sequence[Entry],
        rows: Mapping[str, Any] | None,
    ) -> None:
        since = self._asked.pop(call, {})
        for entry in entries:
            if entry["id"] is None:
                continue
            view = self._view(entry["id"])
            if view is None:
                continue
            start = entry["seq"] if entry["first"] is None else entry["first"] - 1
            view.answer(start, is_ping=action != "watch")
            self._refused.pop(entry["id"], None)
            if not entry["recovered"]:
                asked = since.get(entry["id"])
                self._refused[entry["id"]] = (entry, asked)
            if rows is not None and view.stream.name in rows:
                self._check_state(view.stream, rows[view.stream.name], start)
        self.verdict.counts["replies with streams"] += 1
        self.verdict.counts["recovered"] += sum(
            entry["first"] is not None for entry in entries
        )

    def _event(
        self, _: int, stream_id: str, epoch: str, seq: int, event_id: str, text: str
    ) -> None:
        self.verdict.counts["deliveries"] += 1
        if event_id in self.told:
            self._object(f"the event {event_id} twice")
        self.told.add(event_id)
        if view := self._view(stream_id):
            found = view.stream.events.get(seq)
            if found is None or (found.id, found.text) != (event_id, text):
                self._object(f"{view.stream.name} {seq} is {found}, not {text}")
            elif self.user in found.excluded:
                self._object(f"{view.stream.name} {seq} leaves the user out")
            self._object(*view.event(seq, self.told, self.user))

    def _gap(self, at: int, stream_id: str | None, action: str | None) -> None:
        self.verdict.counts["gaps"] += 1
        if stream_id is None:
            reason = "read failed" if self.truth.may_fail_to_read(at) else ""
            self._count_gap(reason, f"a read that failed at {at}")
            return
        view = self._view(stream_id)
        if view is None:
            return
        self._object(*view.missing(self.told, self.user))
        entry, asked = self._refused.pop(stream_id, (None, None))
        name = view.stream.name
        if entry is None:
            view.restart(None)
            self._count_gap("", f"{name} without an answer that says so, at {at}")
            return
        view.restart(entry["seq"])
        reason = asked and view.stream.why_gap(asked, entry["epoch"], entry["seq"], at)
        self._count_gap(reason or "", f"{name} at {at}: asked {asked}, got {entry}")

    def _count_gap(self, reason: str, text: str) -> None:
        self.verdict.counts[f"gap: {reason or 'no reason'}"] += 1
        if not reason:
            self._object(f"a gap without a reason: {text}")

    def _check_state(self, stream: Stream, read: Sequence[int], start: int) -> None:
        """What the page has not read comes after the position that it starts from."""
        self.verdict.counts["states"] += 1
        oldest = min(read) if len(read) == MOST_ROWS else 0
        known = set(read)
        for row, text in stream.rows.items():
            if row < oldest or row in known:
                continue
            seq = stream.number(text)
            if 0 < seq <= start:
                self._object(f"{stream.name} {seq}: neither in the state nor after it")

    def _end(self) -> None:
        expected = [("group", name) for name in self.watched] + [("user", self.user)]
        for kind, name in expected:
            stream = self.truth.named(kind, name)
            if stream is None:
                continue
            view = self._view(stream.id)
            assert view
            self._object(*view.missing(self.told, self.user))
            if behind := view.behind(self.told, self.user):
                self.verdict.behind.append(f"{self.name}: {behind}")

    def _view(self, stream_id: str) -> View | None:
        stream = self.truth.streams.get(stream_id)
        if stream is None:
            self._object(f"a stream that does not exist: {stream_id}")
            return None
        return self.views.setdefault(stream_id, View(stream))

    def _object(self, *texts: str) -> None:
        self.verdict.problems.extend(f"{self.name}: {text}" for text in texts)
