"""The parts of the documentation that are written, not typed, most of them in
docs/explanation/performance.md: each stands between `<!-- name -->` and
`<!-- end of name -->`."""

from pathlib import Path

FOLDER = Path(__file__).parents[2] / "docs" / "explanation"
PAGE = FOLDER / "performance.md"


def part(name: str, file: Path = PAGE) -> str:
    """What stands there now."""
    _, found, _ = _around(name, file)
    return found


def put(name: str, text: str, file: Path = PAGE) -> None:
    before, _, after = _around(name, file)
    file.write_text(f"{before}{text}{after}")


def _around(name: str, file: Path) -> tuple[str, str, str]:
    begin, end = f"<!-- {name} -->\n\n", f"\n\n<!-- end of {name} -->"
    before, begun, rest = file.read_text().partition(begin)
    found, ended, after = rest.partition(end)
    assert begun, f"the page has no {begin!r}"
    assert ended, f"the page has no {end!r}"
    return before + begin, found, end + after
