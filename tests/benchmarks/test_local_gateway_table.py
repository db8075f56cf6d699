"""What is told of the local gateway is what was measured."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.benchmarks import local_gateway_table

PAGE = Path(__file__).parents[2] / "docs" / "explanation" / "performance.md"


@pytest.mark.parametrize(
    "told",
    [local_gateway_table.rates, local_gateway_table.crowd, local_gateway_table.slow],
)
def test_what_is_told_is_what_was_measured(told: Callable[[], str]) -> None:
    assert told() in PAGE.read_text()
