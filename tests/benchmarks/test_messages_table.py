"""The figures in the documentation are those of the committed results."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.benchmarks import messages_table as tables

PAGE = Path(__file__).parents[2] / "docs" / "explanation" / "performance.md"
TOLD = [
    tables.about,
    tables.wsgi,
    tables.asgi,
    tables.lookups,
    tables.life,
    tables.startup,
]


@pytest.mark.parametrize("told", TOLD)
def test_what_is_told_is_what_was_measured(told: Callable[[], str]) -> None:
    page = PAGE.read_text()
    assert told() in page or told() in page.replace("\n", " ")
