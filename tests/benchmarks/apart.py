"""Databases, each measured in a process of its own."""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any


def each_measured(
    databases: Iterable[str], file: Path, measured: Callable[[str], Any]
) -> None:
    """Those that the command line names, or all; what is found goes to `file`, beside
    what that tells of the others."""
    known = list(databases)
    names = sys.argv[1:] or known
    if unknown := [name for name in names if name not in known]:
        sys.exit(f"There is no {unknown[0]!r}, only: {'; '.join(known)}.")
    found = json.loads(file.read_text()) if file.exists() else {}
    for name in names:
        found[name] = measured(name)
        file.write_text(json.dumps(found, indent=2) + "\n")
        print(name, json.dumps(found[name], indent=2))  # noqa: T201


def told(module: str, argument: str, **environment: str) -> Any:
    """What `python -m module --here argument` prints as JSON."""
    done = subprocess.run(
        [sys.executable, "-m", module, "--here", argument],
        env=os.environ | environment,
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    return json.loads(done.stdout)
