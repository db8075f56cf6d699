"""README.md: its commands in a clone, and in a project that has nothing else."""

import subprocess
from pathlib import Path

import pytest

from tests.docs_pages.blocks import Block
from tests.docs_shell.reader import Reader, steps
from tests.docs_shell.terminal import terminal

ROOT = Path(__file__).parents[2]
TEXT = (ROOT / "README.md").read_text()
UP = "Ctrl-C ends it."
URLS = "# urls.py\n"


def block(language: str, word: str) -> Block:
    [found] = [b for _, b in steps(TEXT) if b.language == language and word in b.text]
    return found


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """What git knows of this tree, without what was built in it."""
    copy = tmp_path / "clone"
    listed = subprocess.check_output(["git", "ls-files", "-z"], cwd=ROOT, text=True)
    for name in filter(None, listed.split("\0")):
        if (ROOT / name).is_file():
            (copy / name).parent.mkdir(parents=True, exist_ok=True)
            (copy / name).write_bytes((ROOT / name).read_bytes())
    return copy


def test_every_block_of_commands_is_known() -> None:
    found = [b.text for _, b in steps(TEXT) if b.language == "console"]
    assert len(found) == 2


def test_the_demo_comes_up(clone: Path, environment: dict[str, str]) -> None:
    with terminal(clone, environment) as window:
        window.type(block("console", "nox -s demo").text)
        shown = window.read_until(UP, seconds=900)
    assert "notification" in shown


def test_a_project_is_installed_and_migrated(reader: Reader) -> None:
    """The second way that the page names, with the files that it shows."""
    reader.command("python3 -m venv venv && . venv/bin/activate")
    for line in block("console", "django-wsrouter[local]").text.splitlines():
        reader.command(line)
    reader.command("django-admin startproject project .")
    settings, _, urls = block("python", "WSROUTER = {").text.partition(URLS)
    for name, text in {"settings.py": settings, "urls.py": urls}.items():
        path = reader.folder / "project" / name
        path.write_text(f"{path.read_text()}\n{text}")
    line = TEXT.partition("`export WSROUTER_SECRET=")[2].partition("` makes")[0]
    reader.command(f"export WSROUTER_SECRET={line}".replace("\n", " "))
    reader.command("python manage.py migrate")
    reader.command("python manage.py check")
    reader.command("python manage.py ws_local")
