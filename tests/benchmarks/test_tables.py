"""The figures in the documentation are those of the committed results."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.benchmarks import fanout_table

PAGE = Path(__file__).parents[2] / "docs" / "explanation" / "fan-out.md"


@pytest.mark.parametrize(
    "told",
    [
        fanout_table.costs,
        fanout_table.memory,
        fanout_table.signing,
        fanout_table.growth,
    ],
)
def test_what_is_told_is_what_was_measured(told: Callable[[], str]) -> None:
    page = PAGE.read_text()
    assert told() in page or told() in page.replace("\n", " ")
