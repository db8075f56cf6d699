"""What is published to npm: small, complete, of the package's version."""

import gzip
import json
import subprocess
from importlib import metadata
from pathlib import Path

from tests import node_packages
from tests.programs import program

HERE = Path(__file__).parent
FOLDER = HERE.parents[1] / "wsrouter" / "static" / "wsrouter"
BYTES = 6 * 1024


def run(*command: str) -> str:
    return subprocess.check_output(command, cwd=FOLDER, text=True, timeout=120)


def test_it_is_small_once_minified_and_compressed() -> None:
    esbuild = node_packages.installed(HERE) / "esbuild" / "bin" / "esbuild"
    minified = run(program("node"), str(esbuild), "--minify", "client.js")
    assert len(gzip.compress(minified.encode(), 9, mtime=0)) <= BYTES


def test_it_is_es2020() -> None:
    """esbuild would rewrite what is newer."""
    esbuild = node_packages.installed(HERE) / "esbuild" / "bin" / "esbuild"
    command = [program("node"), str(esbuild), "client.js", "--target="]
    newest, es2020 = (run(*command[:-1], f"--target={n}") for n in ("esnext", "es2020"))
    assert newest == es2020


def test_npm_packs_it_and_publint_has_no_complaint() -> None:
    [packed] = json.loads(run(program("npm"), "pack", "--dry-run", "--json"))
    files = {each["path"] for each in packed["files"]}
    modules = {"client.d.ts", "client.js", "react.d.ts", "react.js"}
    assert files == {*modules, "README.md", "package.json"}
    assert packed["version"] == metadata.version("django-wsrouter")
    publint = node_packages.installed(HERE) / "publint" / "src" / "cli.js"
    assert "All good!" in run(program("node"), str(publint), "--strict")
