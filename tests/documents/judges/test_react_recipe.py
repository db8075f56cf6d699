"""docs/recipes/react.md compiles, with the types of its own handlers, and does not with
another status of an order."""

from pathlib import Path

import pytest

from tests import node_packages
from tests.docs_pages.blocks import Block, blocks, install
from tests.documents.judges import node
from wsrouter.catalog.build import build
from wsrouter.documents.typescript import typescript

ROOT = Path(__file__).parents[3]
PAGE = "recipes/react.md"
OPTIONS = ["--jsx", "react-jsx", "--lib", "es2022,dom,dom.iterable", "--skipLibCheck"]


def put(folder: Path, types: str) -> str:
    """The files of the page beside such types; the one that imports the others."""
    folder.mkdir()
    (folder / "socket.d.ts").write_text(types)
    found: list[Block] = [*blocks(PAGE, "ts"), *blocks(PAGE, "tsx")]
    for block in found:
        (folder / Path(block.path).name).write_text(block.text)
    return f"{folder.name}/Order.tsx"


def put_packages(folder: Path) -> None:
    """The packages where npm puts them."""
    packages = folder / "node_modules"
    (packages / "@types").mkdir(parents=True)
    npm = node_packages.installed(ROOT / "tests" / "javascript")
    for name in ("@types/react", "csstype", "react"):
        (packages / name).symlink_to(npm / name)
    (packages / "django-wsrouter").symlink_to(ROOT / "wsrouter" / "static" / "wsrouter")


def test_the_page_compiles_and_finds_a_new_status(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    types = typescript(build(install(monkeypatch, PAGE)["orders/ws.py"].router))
    put_packages(tmp_path)
    more = types.replace('"sent"', '"sent" | "lost"')
    files = [put(tmp_path / "src", types), put(tmp_path / "more", more)]
    options = ["--preserveSymlinks", *OPTIONS]
    (found,) = node.compile_errors("typescript", tmp_path, files, *options)
    assert found.startswith("more/Order.tsx")
    assert "Property 'lost' is missing" in found
