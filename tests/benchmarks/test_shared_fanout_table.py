"""What is told of workers that share a limit is what was measured; and the endpoint
that throttles them does so as AWS says."""

from typing import Any

import pytest

from tests.benchmarks import page, shared_fanout, shared_fanout_table
from tests.benchmarks.stub import ANSWER
from tests.benchmarks.workers.throttled import REFUSAL, ThrottledStub


@pytest.fixture
def now(monkeypatch: pytest.MonkeyPatch) -> Any:
    clock = [1000.0]
    monkeypatch.setattr("time.monotonic", lambda: clock[0])
    return clock


def test_what_is_told_is_what_was_measured() -> None:
    assert page.part(shared_fanout_table.NAME) == shared_fanout_table.told()


def test_a_burst_is_half_of_a_seconds_posts(now: list[float]) -> None:
    stub = ThrottledStub(0.0, rate=100.0)
    posts = [post(number) for number in range(60)]
    assert stub.answers(posts) == ANSWER * 50 + REFUSAL * 10
    now[0] += 0.1
    assert stub.answers(posts) == ANSWER * 10 + REFUSAL * 50
    now[0] += 60.0
    assert stub.answers(posts) == ANSWER * 50 + REFUSAL * 10
    stub.entry_point.close()


def test_doubled_posts_are_seen() -> None:
    stub = ThrottledStub(0.0, rate=100.0)
    stub.answers([post(1), post(2), post(1)])
    told = stub.told()
    stub.entry_point.close()
    assert (told["accepted"], told["connections"], told["doubled"]) == (3, 2, 1)


@pytest.mark.parametrize(
    ("reached", "limit"), [(16_000, 10_000), (14_000, 2_500), (1_000, 500)]
)
def test_workers_can_exceed_the_limit(reached: int, limit: int) -> None:
    assert shared_fanout.chosen_limit(10_000, reached) == limit


def post(number: int) -> bytes:
    path = b"/p/%%40connections/L0SM9cOF%07d%%3D" % number
    return b"POST %b HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n" % path
