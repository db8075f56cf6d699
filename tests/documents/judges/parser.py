"""The official parser of AsyncAPI documents."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tests.documents.judges import node
from wsrouter.documents.json_text import json_text


def diagnostics(documents: Mapping[str, Any], folder: Path) -> dict[str, list[str]]:
    """What the official parser says of each document."""
    files = {}
    for name, one in documents.items():
        file = folder / f"{name}.json"
        file.write_text(json_text(one))
        files[str(file)] = name
    return {files[file]: said for file, said in node.run("parser.mjs", *files).items()}
