"""The figures in the documentation are those of the committed results."""

from collections.abc import Callable

import pytest

from tests.benchmarks import messages_table as tables
from tests.benchmarks import page


@pytest.mark.parametrize("name", tables.TABLES)
def test_a_table_is_what_was_measured(name: str) -> None:
    assert page.part(name) == tables.TABLES[name]()


@pytest.mark.parametrize("told", [tables.about, tables.life])
def test_what_is_told_is_what_was_measured(told: Callable[[], str]) -> None:
    assert told() in page.PAGE.read_text().replace("\n", " ")
