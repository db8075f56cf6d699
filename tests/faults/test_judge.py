"""The judge finds what it is there for."""

import re
from typing import Any

import pytest

from tests.faults.judge import Judge, Verdict
from tests.faults.truth import Event, Stream, Truth

S, OTHER, EPOCH, TOP = "stream", "other", "e1", 6
AT = 1000
"""The moment of everything."""


def stream(name: str = S, top: int = TOP, **members: Any) -> Stream:
    events = {n: Event(id=f"{name}{n}", text=f"{name}-{n}") for n in range(1, top + 1)}
    rows = {n: event.text for n, event in events.items()}
    return Stream(
        id=name, kind="group", name=name, top=top, events=events, rows=rows, **members
    )


def joined(seq: int, *events: int, rows: Any = None, **members: Any) -> Any:
    first = events[0] if events else None
    entry = {"id": S, "epoch": EPOCH, "seq": seq, "recovered": True, "first": first}
    action = members.pop("action", "watch")
    return ["reply", AT, action, "1", [entry | members], rows]


def asked(seq: int, epoch: str = EPOCH) -> Any:
    return ["ask", AT, "1", {S: {"epoch": epoch, "seq": seq}}]


def told(*numbers: int, name: str = S) -> Any:
    return [["event", AT, name, EPOCH, n, f"{name}{n}", f"{name}-{n}"] for n in numbers]


GAP = ["gap", AT, S, "watch"]


def judged(*records: Any, **members: Any) -> Verdict:
    flat: list[Any] = []
    for record in records:
        flat.extend(record if isinstance(record[0], list) else [record])
    streams = {S: stream(**members), OTHER: stream(OTHER, 1)}
    truth = Truth(streams=streams, broken_at=[])
    return Judge("page", "7", [S], truth).read(flat)


def good(verdict: Verdict) -> bool:
    return not verdict.problems and not verdict.behind


def test_everything_once_and_in_order() -> None:
    assert good(judged(joined(2), told(3, 4, 5, 6)))
    assert good(judged(joined(4, 3, 4), told(3, 4, 5, 6)))
    assert good(judged(joined(6)))


@pytest.mark.parametrize(
    ("numbers", "problem"),
    [
        ((3, 5, 6), r"5 before \[4\]"),
        ((3, 5, 4, 6), "4 after 5"),
        ((3, 4, 4, 5, 6), "twice"),
        ((2, 3, 4, 5, 6), "2 after 2"),
    ],
)
def test_holes_and_disorder(numbers: tuple[int, ...], problem: str) -> None:
    found = judged(joined(2), told(*numbers)).problems
    assert any(re.search(problem, text) for text in found)


def test_who_has_not_got_the_last_is_behind() -> None:
    verdict = judged(joined(2), told(3, 4))
    assert not verdict.problems
    assert verdict.behind == [f"page: {S} [5, 6] of 6"]
    assert judged().behind == [f"page: {S} has not begun"]


def test_another_event_under_the_number() -> None:
    wrong = ["event", AT, S, EPOCH, 3, "strange", "x"]
    assert judged(joined(2), wrong, told(4, 5, 6)).problems


def test_an_event_that_came_by_another_stream() -> None:
    events = {n: Event(id=f"{S}{n}", text=f"{S}-{n}") for n in range(1, TOP + 1)}
    events[4] = Event(id=f"{OTHER}1", text=f"{OTHER}-1")
    held = stream()
    held.events = events
    truth = Truth(streams={S: held, OTHER: stream(OTHER, 1)})

    def read(*records: Any) -> Verdict:
        return Judge("page", "7", [S], truth).read([joined(2), *records])

    assert good(read(*told(3), *told(1, name=OTHER), *told(5, 6)))
    assert read(*told(3, 5), *told(1, name=OTHER), *told(6)).problems, "too late"


def test_who_is_left_out_is_not_told() -> None:
    held = stream()
    held.events[4] = Event(id=f"{S}4", text=f"{S}-4", excluded=frozenset({"7"}))
    truth = Truth(streams={S: held})
    for numbers, is_good in (((3, 5, 6), True), ((3, 4, 5, 6), False)):
        records = [joined(2), *told(*numbers)]
        assert good(Judge("page", "7", [S], truth).read(records)) is is_good
        records = [joined(2), *told(*numbers)]
        assert good(Judge("page", "8", [S], truth).read(records)) is not is_good


def refused(seq: int) -> Any:
    return joined(seq, recovered=False)


def test_a_gap_has_a_reason_and_an_end() -> None:
    before = [joined(2), told(3)[0], asked(3), refused(5), GAP]
    assert good(judged(*before, told(6), deleted={4: AT}))
    assert "without a reason" in judged(*before, told(6)).problems[0]
    later = judged(*before, told(6), deleted={4: AT + 60_000, 3: AT})
    assert "without a reason" in later.problems[0]
    assert judged(*before, deleted={4: AT}).behind == [f"page: {S} [6] of 6"]
    again = judged(*before, told(5, 6), deleted={4: AT})
    assert "5 after 5" in again.problems[0]


def test_another_epoch_is_a_reason_where_it_was_changed() -> None:
    records = [joined(2), asked(2, "e0"), refused(5), GAP, *told(6)]
    assert good(judged(*records, epochs_at=[AT]))
    assert judged(*records).problems


def test_a_gap_without_an_answer() -> None:
    assert judged(joined(6), GAP, joined(6)).problems


def test_a_hole_before_a_gap() -> None:
    records = [joined(1), *told(2, 4), asked(4), refused(6), GAP]
    found = judged(*records, deleted={5: AT}).problems
    assert found == [
        f"page: {S} 4 before [3]",
        f"page: {S} [3] never came, and 4 did",
    ]


def test_what_only_frames_have_told_of_may_come_late() -> None:
    assert good(judged(told(3), joined(2, action="wsrouter.ping"), told(4, 5, 6)))
    assert good(judged(told(4), joined(4, 3, 4), told(3, 5, 6)))
    assert judged(told(4), joined(4, 3, 4), told(5, 6)).problems, "3 is missing"
    assert good(judged(told(2), joined(5), told(3, 4, 5, 6)))
    assert good(judged(told(2), joined(5), told(6))), "the state has the others"


def test_the_state_has_what_does_not_come() -> None:
    assert good(judged(joined(2, rows={S: [1, 2]}), told(3, 4, 5, 6)))
    verdict = judged(joined(3, rows={S: [1, 2]}), told(4, 5, 6))
    assert verdict.problems == [f"page: {S} 3: neither in the state nor after it"]
    page = ["page", AT, {S: {"epoch": EPOCH, "seq": 3}}, {S: [1, 3]}]
    assert judged(page, told(4, 5, 6)).problems


def test_a_read_that_failed() -> None:
    gap = ["gap", AT, None, "watch"]
    assert judged(joined(6), gap).problems
    truth = Truth(streams={S: stream()}, broken_at=[AT - 100])
    assert good(Judge("page", "7", [S], truth).read([joined(6), gap]))


def test_the_numbers_are_those_of_what_was_committed() -> None:
    assert not list(stream().problems())
    holed, doubled, lost, strange = (stream() for _ in range(4))
    del holed.events[3]
    doubled.twice.append(2)
    lost.rows[99] = "committed"
    del strange.rows[4]
    for each in (holed, doubled, lost, strange):
        assert list(each.problems())
    lost.loose.add("committed")
    assert not list(lost.problems())
