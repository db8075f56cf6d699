"""What is told of the admin's pages is what was measured."""

import json
from pathlib import Path

from tests.benchmarks import admin_pages_table

PAGE = Path(__file__).parents[2] / "docs" / "explanation" / "performance.md"


def test_what_is_told_is_what_was_measured() -> None:
    found = json.loads(admin_pages_table.RESULTS.read_text())
    assert found["rows"] == 1_000_000
    assert admin_pages_table.pages() in PAGE.read_text()
