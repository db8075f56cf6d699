"""What is published to npm: small, complete, of the package's version."""

import gzip
import json
import subprocess
from importlib import metadata
from pathlib import Path

import pytest

from tests import node_packages
from tests.programs import program

HERE = Path(__file__).parent
FOLDER = HERE.parents[1] / "wsrouter" / "static" / "wsrouter"
BYTES = {"client.js": 6_000, "presence.js": 1_500}


def run(*command: str) -> str:
    return subprocess.check_output(command, cwd=FOLDER, text=True, timeout=120)


@pytest.mark.parametrize("module", BYTES)
def test_it_is_small_once_minified_and_compressed(module: str) -> None:
    esbuild = node_packages.installed(HERE) / "esbuild" / "bin" / "esbuild"
    minified = run(program("node"), str(esbuild), "--minify", module)
    assert len(gzip.compress(minified.encode(), 9, mtime=0)) <= BYTES[module]


@pytest.mark.parametrize("module", BYTES)
def test_it_is_es2020(module: str) -> None:
    """esbuild would rewrite what is newer."""
    esbuild = node_packages.installed(HERE) / "esbuild" / "bin" / "esbuild"
    command = [program("node"), str(esbuild), module, "--target="]
    newest, es2020 = (run(*command[:-1], f"--target={n}") for n in ("esnext", "es2020"))
    assert newest == es2020


def test_npm_packs_it_and_publint_has_no_complaint() -> None:
    [packed] = json.loads(run(program("npm"), "pack", "--dry-run", "--json"))
    files = {each["path"] for each in packed["files"]}
    names = ("client", "presence", "react")
    modules = {f"{name}.{suffix}" for name in names for suffix in ("d.ts", "js")}
    assert files == {*modules, "README.md", "package.json"}
    assert packed["version"] == metadata.version("django-wsrouter")
    publint = node_packages.installed(HERE) / "publint" / "src" / "cli.js"
    assert "All good!" in run(program("node"), str(publint), "--strict")
