"""Runs programs of Node.js, with the packages that package.json names.

Node.js takes a second to start: a test gives one program all of its work.
"""

import json
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tests import node_packages
from tests.node_packages import TIMEOUT_SECONDS
from tests.programs import program

HERE = Path(__file__).parent


def run(script: str, *arguments: str) -> Any:
    """What a script of this folder prints, as JSON."""
    node_packages.installed(HERE)
    printed = subprocess.check_output(
        [program("node"), str(HERE / script), *arguments],
        timeout=TIMEOUT_SECONDS,
        text=True,
    )
    return json.loads(printed)


def compile_errors(
    compiler: str, folder: Path, files: Sequence[str], *more: str
) -> list[str]:
    """What `tsc --strict` says; `compiler` is `typescript` or `typescript7`, `more` are
    options besides."""
    tsc = node_packages.installed(HERE) / compiler / "bin" / "tsc"
    options = ["--strict", "--noEmit", "--pretty", "false", "--target", "es2022"]
    options += ["--module", "esnext", "--moduleResolution", "bundler", *more]
    ended = subprocess.run(
        [program("node"), str(tsc), *options, *files],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=TIMEOUT_SECONDS,
    )
    return ended.stdout.splitlines()
