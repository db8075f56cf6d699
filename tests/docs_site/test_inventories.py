"""The inventories that are committed are those that the script makes."""

import importlib.util
import zlib
from pathlib import Path

import pytest

DOCS = Path(__file__).parents[2] / "docs"
FILE = DOCS / "_sphinx" / "inventories.py"
spec = importlib.util.spec_from_file_location("inventories", FILE)
assert spec is not None
assert spec.loader is not None
inventories = importlib.util.module_from_spec(spec)
spec.loader.exec_module(inventories)


@pytest.mark.parametrize("name", inventories.NAMES)
def test_an_inventory_is_up_to_date(name: str) -> None:
    def body(data: bytes) -> bytes:
        *_, packed = data.split(b"\n", 4)
        return zlib.decompress(packed)

    committed = (DOCS / "_inventories" / f"{name}.inv").read_bytes()
    assert body(committed) == body(inventories.inventory(name))
