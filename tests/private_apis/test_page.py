"""docs/explanation/private-apis.md names modules, what they use, and tests: all of it
has to be there."""

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "explanation" / "private-apis.md"
HERE = Path(__file__).parent


def rows() -> list[list[str]]:
    lines = [line for line in PAGE.read_text().splitlines() if line.startswith("| ")]
    cells = [[cell.strip() for cell in line.strip("|").split(" | ")] for line in lines]
    return [row for row in cells if row[0] != "Library"]


def guard_names() -> set[str]:
    """`file.py::test`, or `file.py::Class::test`, as pytest names them."""
    found = set()
    for path in HERE.glob("test_*.py"):
        for node in ast.parse(path.read_text()).body:
            inner = node.body if isinstance(node, ast.ClassDef) else [node]
            prefix = f"{node.name}::" if isinstance(node, ast.ClassDef) else ""
            for each in inner:
                if isinstance(each, ast.FunctionDef) and each.name.startswith("test_"):
                    found.add(f"{path.name}::{prefix}{each.name}")
    return {name for name in found if not name.startswith("test_page.py")}


@pytest.mark.parametrize("row", rows(), ids=lambda row: f"{row[1]} {row[2]}")
def test_a_row_is_true(row: list[str]) -> None:
    _, where, what, why, guard = row
    source = (ROOT / "wsrouter" / where.strip("`")).read_text()
    names = re.findall(r"`(.+?)`", what)
    assert names
    for name in names:
        assert re.search(rf"(?<!\w){re.escape(name)}(?!\w)", source), name
    assert why.endswith(".")
    assert guard.strip("`") in guard_names()


def test_every_guard_is_named() -> None:
    assert guard_names() == {guard.strip("`") for *_, guard in rows()}
