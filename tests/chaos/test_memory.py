"""What counts as growth."""

import pytest

from tests.chaos.memory import WARM_UP_SECONDS, Samples, growth


def life(seconds: int, kb: int, kb_per_second: float = 0.0) -> Samples:
    """With a warm-up that takes 50 MB."""
    return [
        (age, int(kb + min(age, WARM_UP_SECONDS) * 400 + age * kb_per_second))
        for age in range(0, seconds, 5)
    ]


def test_flat_lives_of_any_height_are_flat() -> None:
    found = growth([life(600, 100_000), life(900, 140_000), life(60, 90_000)])
    assert found.is_flat
    assert abs(found.kb_per_hour) < 1
    assert (found.lives, found.largest_kb) == (2, 212_000)


def test_a_leak_is_found_through_restarts() -> None:
    found = growth([life(900, 100_000, 20), life(700, 100_000, 20)])
    assert 71_000 < found.kb_per_hour < 73_000
    assert growth([life(1200, 100_000, 20)]).is_flat is False


def stairs(seconds: int, steps: int) -> Samples:
    """40 MB more after each step."""
    each = seconds / (steps + 1)
    return [(age, kb + 40_000 * int(age / each)) for age, kb in life(seconds, 100_000)]


@pytest.mark.parametrize("seconds", [1200, 3600])
def test_a_step_is_not_growth_and_stairs_are(seconds: int) -> None:
    found = growth([stairs(seconds, 1)])
    assert found.is_flat
    assert growth([stairs(seconds, 1), life(900, 120_000)]).is_flat
    assert not growth([stairs(seconds, 8)]).is_flat


def test_little_is_noise_however_steep() -> None:
    assert growth([life(500, 100_000, 20)]).is_flat


@pytest.mark.parametrize("seconds", [109, 300, 475])
def test_a_life_that_was_too_short_says_nothing(seconds: int) -> None:
    found = growth([life(seconds, 100_000, 1000)])
    assert not found.is_judged
    assert found.kb_per_hour == 0
    assert found.largest_kb > 100_000


def test_samples_that_a_busy_machine_takes_late_count_by_their_time() -> None:
    found = growth([life(900, 100_000, 20)[::6]])
    assert found.is_judged
    assert not found.is_flat
