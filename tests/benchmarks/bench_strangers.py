"""A stranger must not make the server work harder than a client does.

Timed, so it is no part of the test suite: `pytest tests/benchmarks/bench_strangers.py`.
"""

from collections.abc import Callable
from statistics import median
from time import process_time

import pytest
from django.contrib.auth.models import User
from django.test import override_settings

from tests.benchmarks.comparison import measured
from tests.django.events import Gateway
from tests.security.served import SETTINGS

ROUNDS = 200
BODY = b'{"action": "who", "id": "1"}'


@pytest.mark.django_db
def test_an_unproven_request_costs_less_than_a_served_one(
    record_property: Callable[[str, object], None],
) -> None:
    """They take turns, so that a busy machine slows both."""
    with override_settings(WSROUTER={"default": SETTINGS}):
        known = Gateway()
        known.connect(User.objects.create_user("ada"))
        forged = Gateway(known.id, secret="x" * 32)
        served, refused = [], []
        for _ in range(ROUNDS):
            for gateway, times in ((known, served), (forged, refused)):
                start = process_time()
                gateway.text("who", BODY)
                times.append(process_time() - start)
    ratio = median(refused) / median(served)
    record_property("ratio", ratio)
    assert ratio < 1


def test_the_time_of_a_comparison_does_not_follow_the_matching_prefix() -> None:
    """A comparison that stops early would take several times as long in the end."""
    times = measured(rounds=5_000)
    wrong = [times[length] for length in times if length < 64]
    assert max(wrong) < 1.5 * min(wrong)
