"""Which posts are retried, when, and that each recipient is counted once: on a clock
that the tests turn."""

from datetime import UTC, datetime, timedelta

import pytest

from wsrouter.delivery.ports import (
    Attempt,
    PostResult,
    PostStatus,
    Recipient,
    StageAddress,
)
from wsrouter.delivery.retry import HANDSHAKE_DELAYS_SECONDS, RetryPolicy
from wsrouter.delivery.schedule import LOW_MARK, MAX_WAITING_RETRIES, PostSchedule
from wsrouter.delivery.token_bucket import TokenBucket
from wsrouter.routing.delivery import Report

SLOW = PostResult(PostStatus.FAILED, "LimitExceededException", retryable=True)
DONE = PostResult(PostStatus.DELIVERED)
GONE = PostResult(PostStatus.GONE, "gone")
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
        Recipient(f"{place}{number}", StageAddress("default", place), stored_at)
        for number in range(count)
    ]


def schedule_of(
    clock: Clock,
    *pages: list[Recipient],
    rate: float = 1e6,
    seconds: float = 10.0,
    chance: float = 1.0,
) -> PostSchedule:
    made = PostSchedule(
        iter(pages),
        bucket=TokenBucket(rate, clock=clock),
        retry_policy=RetryPolicy(seconds=seconds, random=lambda: chance),
        clock=clock,
    )
    made.refill()
    return made


def taken(schedule: PostSchedule) -> Attempt:
    attempt = schedule.take()
    assert isinstance(attempt, Attempt)
    return attempt


def report(schedule: PostSchedule) -> Report:
    schedule.finish()
    return schedule.tally.report(left_out=0)


def test_the_delays_double_with_full_jitter(clock: Clock) -> None:
    for chance in (1.0, 0.5, 0.0):
        schedule, delays = (
            schedule_of(clock, recipients(1), chance=chance, seconds=100),
            [],
        )
        for _ in range(5):
            schedule.record(taken(schedule), SLOW)
            pause = schedule.take()
            if isinstance(pause, Attempt):
                schedule.record(pause, DONE)
                break
            assert isinstance(pause, float)
            delays.append(round(pause, 3))
            clock.now += pause
        assert delays == [
            round(delay * chance, 3) for delay in (0.2, 0.4, 0.8, 1.6, 3.0) if chance
        ]


def test_the_last_attempt_is_counted(clock: Clock) -> None:
    schedule, posts = schedule_of(clock, recipients(1), chance=0.0), 0
    while isinstance(attempt := schedule.take(), Attempt):
        schedule.record(attempt, SLOW)
        posts += 1
    assert (attempt, posts) == (None, 6)
    assert report(schedule) == Report(failed=1, reasons={SLOW.reason: 1})


def test_no_attempt_after_the_end_of_the_time(clock: Clock) -> None:
    schedule = schedule_of(clock, recipients(3), seconds=0.1)
    schedule.record(taken(schedule), SLOW)
    clock.now += 0.2
    assert schedule.take() is None
    assert report(schedule) == Report(
        failed=3, reasons={SLOW.reason: 1, "out_of_time": 2}
    )


def test_what_was_not_even_read_is_counted(clock: Clock) -> None:
    schedule = schedule_of(clock, recipients(LOW_MARK), recipients(7), recipients(5))
    for _ in range(3):
        schedule.record(taken(schedule), DONE)
    clock.now += 60
    assert report(schedule) == Report(
        delivered=3, failed=LOW_MARK + 9, reasons={"out_of_time": LOW_MARK + 9}
    )


def test_a_post_without_an_answer_is_counted_once(clock: Clock) -> None:
    schedule = schedule_of(clock, recipients(2))
    late, _ = taken(schedule), taken(schedule)
    schedule.finish()
    schedule.record(late, DONE)
    assert report(schedule) == Report(failed=2, reasons={"unanswered": 2})


def test_a_young_connection_gets_two_more_chances(clock: Clock) -> None:
    schedule, delays = schedule_of(clock, recipients(1, YOUNG)), []
    schedule.record(taken(schedule), GONE)
    for _ in HANDSHAKE_DELAYS_SECONDS:
        pause = schedule.take()
        assert isinstance(pause, float)
        delays.append(round(pause, 3))
        clock.now += pause
        schedule.record(taken(schedule), GONE)
    assert delays == [0.2, 0.4]
    assert schedule.take() is None
    assert report(schedule) == Report(failed=1, reasons={"handshake": 1})
    assert schedule.tally.take_gone() == []


def test_an_old_connection_is_gone_at_once(clock: Clock) -> None:
    schedule = schedule_of(clock, recipients(1))
    schedule.record(taken(schedule), GONE)
    assert schedule.take() is None
    assert [address.connection_id for address in schedule.tally.take_gone()] == ["a0"]
    assert report(schedule) == Report(gone=1, reasons={"gone": 1})


def test_what_is_refused_stops_the_posts_to_that_stage(clock: Clock) -> None:
    refused = PostResult(PostStatus.FAILED, "forbidden", stage_error="No permission.")
    schedule = schedule_of(clock, recipients(3), recipients(2, place="b"))
    schedule.record(taken(schedule), refused)
    others = [taken(schedule), taken(schedule)]
    assert [attempt.recipient.connection_id for attempt in others] == ["b0", "b1"]
    for attempt in others:
        schedule.record(attempt, DONE)
    assert schedule.take() is None
    assert report(schedule) == Report(
        delivered=2, failed=3, reasons={"forbidden": 3}, stopped="No permission."
    )


def test_posts_keep_to_the_rate(clock: Clock) -> None:
    schedule = schedule_of(clock, recipients(40), rate=100)
    waits = [round(taken(schedule).wait, 3) for _ in range(20)]
    assert waits[:5] == [0.0] * 5 or waits[0] == 0.0
    assert waits[-1] == pytest.approx(0.19, abs=0.06)


def test_what_the_rate_cannot_serve_in_time_fails_now(clock: Clock) -> None:
    schedule, posts = schedule_of(clock, recipients(100), rate=10, seconds=2.05), 0
    while isinstance(attempt := schedule.take(), Attempt):
        assert attempt.wait <= 2.05
        posts += 1
        schedule.record(attempt, DONE)
    assert attempt is None
    assert report(schedule) == Report(
        delivered=posts, failed=100 - posts, reasons={"out_of_time": 100 - posts}
    )
    assert 20 <= posts <= 22


def test_tokens_are_shared_by_sends(clock: Clock) -> None:
    bucket = TokenBucket(10, clock=clock)
    waits = [bucket.reserve(9) for _ in range(4)]
    assert waits == pytest.approx([0.0, 0.1, 0.2, 0.3])
    assert bucket.reserve(0.1) is None
    assert bucket.reserve(9) == pytest.approx(0.4)


def test_retries_that_wait_hold_back_new_recipients(clock: Clock) -> None:
    pages = [recipients(LOW_MARK)] * 10
    schedule, posts = schedule_of(clock, *pages), 0
    while isinstance(attempt := schedule.take(), Attempt):
        schedule.record(attempt, SLOW)
        schedule.refill()
        posts += 1
    assert posts == MAX_WAITING_RETRIES
    assert schedule.size <= 2 * LOW_MARK
