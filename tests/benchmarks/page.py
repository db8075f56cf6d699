"""The parts of docs/explanation/performance.md that are written, not typed: each stands
between `<!-- name -->` and `<!-- end of name -->`."""

from pathlib import Path

FOLDER = Path(__file__).parents[2] / "docs" / "explanation"
PAGE = FOLDER / "performance.md"


def part(name: str) -> str:
    """What stands there now."""
    _, found, _ = _around(name)
    return found


def put(name: str, text: str) -> None:
    before, _, after = _around(name)
    PAGE.write_text(f"{before}{text}{after}")


def _around(name: str) -> tuple[str, str, str]:
    begin, end = f"<!-- {name} -->\n\n", f"\n\n<!-- end of {name} -->"
    before, begun, rest = PAGE.read_text().partition(begin)
    found, ended, after = rest.partition(end)
    assert begun, f"the page has no {begin!r}"
    assert ended, f"the page has no {end!r}"
    return before + begin, found, end + after
