"""The code blocks of a page in docs/. One that no test can run says why, in a comment
above it: `<!-- not run: it needs AWS -->`."""

import re
import sys
import textwrap
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

DOCS = Path(__file__).parents[2] / "docs"
BLOCK = re.compile(
    r"^ *(?:<!-- not run: (?P<reason>.+?) -->\n+ *)?"
    r"```(?P<language>[\w+]*)\n(?P<text>.*?)^ *```$",
    re.M | re.S,
)
PATH = re.compile(r"^(?:# |// |<!-- )([\w/.]+\.\w+)(?: -->)?\n")


@dataclass(frozen=True)
class Block:
    """`path` is the file that its first line names, `reason` why it is not run."""

    language: str
    text: str
    reason: str

    @property
    def path(self) -> str:
        found = PATH.match(self.text)
        return found[1] if found else ""


def blocks(page: str, language: str = "", *, run: bool | None = True) -> list[Block]:
    """Those of a page, in its order: those that are run, or all (`run=None`)."""
    found = [
        Block(match["language"], textwrap.dedent(match["text"]), match["reason"] or "")
        for match in BLOCK.finditer((DOCS / page).read_text())
    ]
    return [
        block
        for block in found
        if (not language or block.language == language)
        and (run is None or run is not bool(block.reason))
    ]


def install(
    monkeypatch: pytest.MonkeyPatch, page: str, *, without: tuple[str, ...] = ()
) -> dict[str, ModuleType]:
    """Run the Python blocks of a page in their order, each as the module of the file
    that it names, so that they can import each other; the modules by path."""
    made: dict[str, ModuleType] = {}
    for block in blocks(page, "python"):
        if block.path and block.path not in without:
            made[block.path] = _module(monkeypatch, block, DOCS / page)
    return made


def _module(monkeypatch: pytest.MonkeyPatch, block: Block, page: Path) -> ModuleType:
    name = block.path.removesuffix(".py").replace("/", ".")
    module = ModuleType(name)
    put(monkeypatch, name, module)
    exec(compile(block.text, str(page), "exec"), module.__dict__)
    return module


def put(monkeypatch: pytest.MonkeyPatch, name: str, module: Any) -> None:
    """Make a module importable, and the packages above it."""
    package = name.rpartition(".")[0]
    if package and package not in sys.modules:
        parent: Any = ModuleType(package)
        parent.__path__ = []
        put(monkeypatch, package, parent)
    monkeypatch.setitem(sys.modules, name, module)
