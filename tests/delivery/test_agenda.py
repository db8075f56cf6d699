"""What is tried again, when, and that everybody is counted once: on a clock of ours."""

from datetime import UTC, datetime, timedelta

import pytest

from wsrouter.delivery.ports import Attempt, Fate, Place, Posted, Recipient
from wsrouter.delivery.retry import HANDSHAKE_DELAYS, Patience
from wsrouter.delivery.schedule import LOW, RETRIES, Agenda
from wsrouter.delivery.token_bucket import Bucket
from wsrouter.routing.delivery import Report

SLOW = Posted(Fate.FAILED, "LimitExceededException", again=True)
DONE = Posted(Fate.DELIVERED)
GONE = Posted(Fate.GONE, "gone")
OLD, YOUNG = timedelta(minutes=1), timedelta(seconds=1)


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


def recipients(count: int, age: timedelta = OLD, place: str = "a") -> list[Recipient]:
    stored_at = datetime.now(UTC) - age
    return [
        Recipient(f"{place}{number}", Place("default", place), stored_at)
        for number in range(count)
    ]


def agenda(
    clock: Clock,
    *pages: list[Recipient],
    rate: float = 1e6,
    seconds: float = 10.0,
    chance: float = 1.0,
) -> Agenda:
    made = Agenda(
        iter(pages),
        bucket=Bucket(rate, clock=clock),
        patience=Patience(seconds=seconds, random=lambda: chance),
        clock=clock,
    )
    made.refill()
    return made


def taken(work: Agenda) -> Attempt:
    attempt = work.take()
    assert isinstance(attempt, Attempt)
    return attempt


def report(work: Agenda) -> Report:
    work.finish()
    return work.tally.report(left_out=0)


def test_the_delays_double_with_full_jitter(clock: Clock) -> None:
    for chance in (1.0, 0.5, 0.0):
        work, delays = agenda(clock, recipients(1), chance=chance, seconds=100), []
        for _ in range(5):
            work.settle(taken(work), SLOW)
            pause = work.take()
            if isinstance(pause, Attempt):
                work.settle(pause, DONE)
                break
            assert isinstance(pause, float)
            delays.append(round(pause, 3))
            clock.now += pause
        assert delays == [
            round(each * chance, 3) for each in (0.2, 0.4, 0.8, 1.6, 3.0) if chance
        ]


def test_the_last_attempt_is_counted(clock: Clock) -> None:
    work, posts = agenda(clock, recipients(1), chance=0.0), 0
    while isinstance(attempt := work.take(), Attempt):
        work.settle(attempt, SLOW)
        posts += 1
    assert (attempt, posts) == (None, 6)
    assert report(work) == Report(failed=1, reasons={SLOW.reason: 1})


def test_no_attempt_after_the_end_of_the_time(clock: Clock) -> None:
    work = agenda(clock, recipients(3), seconds=0.1)
    work.settle(taken(work), SLOW)
    clock.now += 0.2
    assert work.take() is None
    assert report(work) == Report(failed=3, reasons={SLOW.reason: 1, "out_of_time": 2})


def test_what_was_not_even_read_is_counted(clock: Clock) -> None:
    work = agenda(clock, recipients(LOW), recipients(7), recipients(5))
    for _ in range(3):
        work.settle(taken(work), DONE)
    clock.now += 60
    assert report(work) == Report(
        delivered=3, failed=LOW + 9, reasons={"out_of_time": LOW + 9}
    )


def test_a_post_without_an_answer_is_counted_once(clock: Clock) -> None:
    work = agenda(clock, recipients(2))
    late, _ = taken(work), taken(work)
    work.finish()
    work.settle(late, DONE)
    assert report(work) == Report(failed=2, reasons={"unanswered": 2})


def test_a_young_connection_gets_two_more_chances(clock: Clock) -> None:
    work, delays = agenda(clock, recipients(1, YOUNG)), []
    work.settle(taken(work), GONE)
    for _ in HANDSHAKE_DELAYS:
        pause = work.take()
        assert isinstance(pause, float)
        delays.append(round(pause, 3))
        clock.now += pause
        work.settle(taken(work), GONE)
    assert delays == [0.2, 0.4]
    assert work.take() is None
    assert report(work) == Report(failed=1, reasons={"handshake": 1})
    assert work.tally.taken_gone() == []


def test_an_old_connection_is_gone_at_once(clock: Clock) -> None:
    work = agenda(clock, recipients(1))
    work.settle(taken(work), GONE)
    assert work.take() is None
    assert [each.connection_id for each in work.tally.taken_gone()] == ["a0"]
    assert report(work) == Report(gone=1, reasons={"gone": 1})


def test_what_is_refused_stops_the_posts_to_that_stage(clock: Clock) -> None:
    refused = Posted(Fate.FAILED, "forbidden", stop="No permission.")
    work = agenda(clock, recipients(3), recipients(2, place="b"))
    work.settle(taken(work), refused)
    others = [taken(work), taken(work)]
    assert [each.recipient.connection_id for each in others] == ["b0", "b1"]
    for each in others:
        work.settle(each, DONE)
    assert work.take() is None
    assert report(work) == Report(
        delivered=2, failed=3, reasons={"forbidden": 3}, stopped="No permission."
    )


def test_posts_keep_to_the_rate(clock: Clock) -> None:
    work = agenda(clock, recipients(40), rate=100)
    waits = [round(taken(work).wait, 3) for _ in range(20)]
    assert waits[:5] == [0.0] * 5 or waits[0] == 0.0
    assert waits[-1] == pytest.approx(0.19, abs=0.06)


def test_what_the_rate_cannot_serve_in_time_fails_now(clock: Clock) -> None:
    work, posts = agenda(clock, recipients(100), rate=10, seconds=2.05), 0
    while isinstance(attempt := work.take(), Attempt):
        assert attempt.wait <= 2.05
        posts += 1
        work.settle(attempt, DONE)
    assert attempt is None
    assert report(work) == Report(
        delivered=posts, failed=100 - posts, reasons={"out_of_time": 100 - posts}
    )
    assert 20 <= posts <= 22


def test_tokens_are_shared_by_sends(clock: Clock) -> None:
    bucket = Bucket(10, clock=clock)
    waits = [bucket.reserve(9) for _ in range(4)]
    assert waits == pytest.approx([0.0, 0.1, 0.2, 0.3])
    assert bucket.reserve(0.1) is None
    assert bucket.reserve(9) == pytest.approx(0.4)


def test_retries_that_wait_hold_back_new_recipients(clock: Clock) -> None:
    pages = [recipients(LOW)] * 10
    work, posts = agenda(clock, *pages), 0
    while isinstance(attempt := work.take(), Attempt):
        work.settle(attempt, SLOW)
        work.refill()
        posts += 1
    assert posts == RETRIES
    assert work.size <= 2 * LOW
