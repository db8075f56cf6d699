"""What the linters are told to overlook in the package has its reason beside it."""

import re
from pathlib import Path

PACKAGE = Path(__file__).parents[1] / "wsrouter"
SUPPRESSED = re.compile(r"# noqa(?P<codes>: ?[A-Z0-9, ]+)?(?P<reason>.*)")


def test_every_suppression_says_what_and_why() -> None:
    found = [
        (f"{path.name}:{number}", match)
        for path in PACKAGE.rglob("*.py")
        for number, line in enumerate(path.read_text().splitlines(), 1)
        if (match := SUPPRESSED.search(line))
    ]
    assert found
    bare = [where for where, match in found if not match["codes"]]
    unexplained = [where for where, match in found if len(match["reason"].strip()) < 5]
    assert (bare, unexplained) == ([], [])
