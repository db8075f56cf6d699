"""Runs programs of Node.js, with the packages that package.json names.

Node.js takes a second to start: a test gives one program all of its work.
"""

import fcntl
import hashlib
import json
import subprocess
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any

from tests.programs import program

HERE = Path(__file__).parent
PACKAGES = HERE / "node_modules"
INSTALLED = PACKAGES / ".installed"
TIMEOUT_SECONDS = 300


@cache
def installed() -> Path:
    """The folder `node_modules`, which is kept until the versions change. Several
    workers of pytest may ask for it at once."""
    npm = program("npm")
    wanted = hashlib.sha256((HERE / "package-lock.json").read_bytes()).hexdigest()
    PACKAGES.mkdir(exist_ok=True)
    with (HERE / "package.json").open() as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not INSTALLED.exists() or INSTALLED.read_text() != wanted:
            command = [npm, "ci", "--no-audit", "--no-fund", "--ignore-scripts"]
            subprocess.run(command, cwd=HERE, check=True, timeout=TIMEOUT_SECONDS)
            INSTALLED.write_text(wanted)
    return PACKAGES


def run(script: str, *arguments: str) -> Any:
    """What a script of this folder prints, as JSON."""
    installed()
    printed = subprocess.check_output(
        [program("node"), str(HERE / script), *arguments],
        timeout=TIMEOUT_SECONDS,
        text=True,
    )
    return json.loads(printed)


def compile_errors(compiler: str, folder: Path, files: Sequence[str]) -> list[str]:
    """What `tsc --strict` says; `compiler` is `typescript` or `typescript7`."""
    tsc = installed() / compiler / "bin" / "tsc"
    options = ["--strict", "--noEmit", "--pretty", "false", "--target", "es2022"]
    options += ["--module", "esnext", "--moduleResolution", "bundler"]
    ended = subprocess.run(
        [program("node"), str(tsc), *options, *files],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=TIMEOUT_SECONDS,
    )
    return ended.stdout.splitlines()
