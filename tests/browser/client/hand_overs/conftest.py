"""A gateway with limits that are soon reached."""

from collections.abc import Iterator

import pytest

from tests.browser.client.counting import counting_stack
from tests.e2e.ws_local_stack import Stack, running

LIMITS = ("--no-cookies", "--idle-timeout", "3", "--max-duration", "12")


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    counting = counting_stack(tmp_path_factory.mktemp("count"))
    with running(counting, *LIMITS) as running_stack:
        yield running_stack
