"""What is told of clients for browsers is what was measured."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.benchmarks import browser_clients_table as tables

PAGE = Path(__file__).parents[2] / "docs" / "explanation" / "browser-clients.md"


@pytest.mark.parametrize("told", [tables.sizes, tables.losses, tables.returns])
def test_a_table_is_what_was_measured(told: Callable[[], str]) -> None:
    assert told() in PAGE.read_text()


def test_what_is_told_is_what_was_measured() -> None:
    assert tables.about() in PAGE.read_text().replace("\n", " ")
