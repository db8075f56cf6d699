"""The example's own tests and checks, with its own settings."""

import os
import re
import subprocess
import sys
from pathlib import Path

PROJECT = Path(__file__).parents[2] / "examples" / "identities"


def manage(database: Path, *arguments: str) -> str:
    """Run a management command and return all of its output."""
    inherited = {k: v for k, v in os.environ.items() if k != "DJANGO_SETTINGS_MODULE"}
    done = subprocess.run(
        [sys.executable, "-Werror", "manage.py", *arguments],
        cwd=PROJECT,
        env=inherited | {"EXAMPLE_DATABASE": str(database)},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stdout
    return done.stdout


def test_its_own_tests_pass(tmp_path: Path) -> None:
    said = manage(tmp_path / "db.sqlite3", "test", "--parallel", "1")
    assert re.search(r"^Ran [1-9]\d* tests in", said, re.MULTILINE), said


def test_it_passes_the_system_checks(tmp_path: Path) -> None:
    manage(tmp_path / "db.sqlite3", "check", "--fail-level", "WARNING")
