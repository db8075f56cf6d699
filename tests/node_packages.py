"""Packages of npm: a folder of tests names them in its package.json."""

import fcntl
import hashlib
import subprocess
from functools import cache
from pathlib import Path

from tests.programs import program

TIMEOUT_SECONDS = 300


@cache
def installed(folder: Path) -> Path:
    """The folder `node_modules`, which is kept until the versions change. Several
    workers of pytest may ask for it at once."""
    npm = program("npm")
    packages = folder / "node_modules"
    mark = packages / ".installed"
    wanted = hashlib.sha256((folder / "package-lock.json").read_bytes()).hexdigest()
    packages.mkdir(exist_ok=True)
    with (folder / "package.json").open() as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not mark.exists() or mark.read_text() != wanted:
            command = [npm, "ci", "--no-audit", "--no-fund", "--ignore-scripts"]
            subprocess.run(command, cwd=folder, check=True, timeout=TIMEOUT_SECONDS)
            mark.write_text(wanted)
    return packages
