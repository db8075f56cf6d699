"""Requests that nobody would send, at random: no crash, no query for strangers.

WSROUTER_FUZZ_REQUESTS says how many; `nox -s fuzz` sends 10,000.
"""

import logging
import os
from collections.abc import Iterator
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection as database
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.security import hostile
from wsrouter.models import OpenConnection

pytestmark = pytest.mark.database
REQUESTS = int(os.environ.get("WSROUTER_FUZZ_REQUESTS", "1500"))
often = settings(
    max_examples=REQUESTS // 2,
    deadline=None,
    database=None,
    suppress_health_check=list(HealthCheck),
)
values = st.sampled_from(hostile.VALUES)
values |= st.text(st.characters(max_codepoint=255), max_size=40)
bodies = st.binary(max_size=60) | st.sampled_from(hostile.BODIES)
queries = st.sampled_from(hostile.QUERIES)
queries |= st.text(max_size=30).map(lambda text: f"?ticket={text.encode().hex()}")
changes = st.dictionaries(
    st.sampled_from(hostile.NAMES + hostile.CLIENTS), values, max_size=4
)


@st.composite
def requests(draw: Any, *, proven: bool) -> tuple[Any, ...]:
    """A sound event with some headers changed, added or taken away."""
    sent = hostile.sound(
        draw(st.sampled_from(hostile.EVENTS)), draw(st.sampled_from(hostile.KEYS))
    )
    sent |= draw(changes)
    for name in draw(st.lists(st.sampled_from(hostile.NAMES), max_size=2)):
        sent.pop(name, None)
    guess = draw(st.sampled_from(hostile.GUESSES))
    method = draw(st.sampled_from(hostile.METHODS))
    sent = hostile.settled(sent, guess, proven=proven)
    return method, draw(queries), draw(bodies), sent


@pytest.fixture
def crashes() -> Iterator[list[logging.LogRecord]]:
    with hostile.served() as found:
        yield found


@often
@given(request=requests(proven=False), front=st.booleans())
def test_strangers_are_refused_without_a_query(
    request: Any, front: bool, crashes: Any
) -> None:
    """There is no database for this test: any query fails it."""
    hostile.check_refused(hostile.answer(*request, front=front), crashes)


@pytest.mark.django_db
@often
@given(request=requests(proven=True), front=st.booleans())
def test_the_proven_get_an_answer(
    request: Any, front: bool, crashes: Any, user: User
) -> None:
    OpenConnection.objects.all().delete()
    hostile.check_answered(hostile.answer(*request, front=front), crashes)
    assert database.is_usable()
