"""The audit of the dependencies says what it did not do."""

import runpy
from pathlib import Path
from typing import Any

import pytest

SCRIPT = Path(__file__).parents[1] / ".ci" / "audit.py"
judged = runpy.run_path(str(SCRIPT))["judged"]
SOUND = {"name": "django", "version": "5.2.19", "vulns": []}
UNKNOWN = {"name": "orjson", "skip_reason": "Dependency not found on PyPI"}
BAD = {
    "name": "six",
    "version": "1.0",
    "vulns": [{"id": "PYSEC-1", "fix_versions": ["1.1"]}],
}


@pytest.mark.parametrize(
    ("found", "status", "required", "said"),
    [
        ([SOUND], 0, 0, "1 dependencies looked up, 0 vulnerable"),
        ([SOUND, UNKNOWN], 0, 2, "NOT DONE for 1 of 2"),
        ([SOUND, BAD], 1, 1, "six 1.0 has PYSEC-1, mended in 1.1"),
        ([UNKNOWN, BAD], 1, 1, "NOT DONE for 1 of 2"),
        (None, 0, 2, "NOT DONE, pip-audit failed: no network"),
    ],
)
def test_what_is_said_and_when_it_is_an_error(
    found: Any, status: int, required: int, said: str
) -> None:
    for is_required, expected in ((False, status), (True, required)):
        code, lines = judged(found, "a\nno network\n", required=is_required)
        assert code == expected
        assert said in "\n".join(lines)
