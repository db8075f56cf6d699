"""The examples' own tests and checks, with their own settings."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.examples.notifications import Notifications

EXAMPLES = Path(__file__).parents[2] / "examples"
NOTHING_FROM_ELSEWHERE = re.compile(r"//[a-z0-9-]+\.|<style|style=|\son\w+=|innerHTML")
PAGES = {
    "chat": ("chat/static", "chat/templates"),
    "dashboard": ("page",),
}
CHECKS = """
from django.core.management import call_command
call_command("check", fail_level="WARNING")
call_command("makemigrations", check_changes=True, dry_run=True)
"""


@pytest.fixture(params=PAGES)
def example(request: pytest.FixtureRequest, tmp_path: Path) -> Notifications:
    return Notifications(tmp_path, EXAMPLES / str(request.param))


def test_its_own_tests_pass(example: Notifications) -> None:
    pytest_quietly = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider"]
    done = subprocess.run(
        [*pytest_quietly, "-W", "error"],
        cwd=example.project,
        env=example.environment,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert re.search(r"^[1-9]\d* passed in", done.stdout, re.M), done.stdout


def test_its_checks_pass_and_its_migrations_are_complete(
    example: Notifications,
) -> None:
    example.shell(CHECKS)


def test_its_pages_load_nothing_from_elsewhere(example: Notifications) -> None:
    folders = (example.project / name for name in PAGES[example.project.name])
    sources = [path for folder in folders for path in folder.rglob("*.*")]
    assert {path.suffix for path in sources} >= {".css", ".html", ".js"}
    for path in sources:
        assert not NOTHING_FROM_ELSEWHERE.search(path.read_text()), path
