"""What a library adds to a page."""

import gzip
import json
import subprocess
from pathlib import Path
from typing import Any

from tests import node_packages
from tests.programs import program

HERE = Path(__file__).parent
CLIENT = HERE.parents[2] / "wsrouter" / "static" / "wsrouter" / "client.js"
IMPORTS = {
    "client.js": f'export * from "{CLIENT}";',
    "partysocket": 'export { default } from "partysocket/ws";',
    "reconnecting-websocket": 'export { default } from "reconnecting-websocket";',
    "phoenix": 'export { Socket } from "phoenix";',
    "centrifuge": 'export { Centrifuge } from "centrifuge";',
}


def measured() -> dict[str, dict[str, Any]]:
    """Bytes of each, with all that it imports, as esbuild minifies and gzip compresses
    it."""
    packages = node_packages.installed(HERE)
    return {name: _measured(packages, name) for name in IMPORTS}


def _measured(packages: Path, name: str) -> dict[str, Any]:
    command = [program("node"), str(packages / "esbuild" / "bin" / "esbuild")]
    command += ["--bundle", "--minify", "--format=esm", "--platform=browser"]
    minified = subprocess.check_output(command, input=IMPORTS[name].encode(), cwd=HERE)
    return {
        "version": _version(packages / name / "package.json"),
        "minified_bytes": len(minified),
        "gzipped_bytes": len(gzip.compress(minified, 9, mtime=0)),
    }


def _version(description: Path) -> str | None:
    """None for our own, which is measured as it is here."""
    if not description.exists():
        return None
    version: str = json.loads(description.read_text())["version"]
    return version
