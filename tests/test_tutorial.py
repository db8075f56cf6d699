"""docs/tutorial ends in examples/chat. `nox -s examples` follows it from an empty
folder, with its commands, servers and browsers."""

import runpy
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command

from tests import tutorial
from tests.tutorial import EXAMPLE, PARTS

# What commands of the tutorial write, and what is in the example alone.
MADE_BY_COMMANDS = {
    "chat/__init__.py",
    "chat/migrations/0001_initial.py",
    "chat/migrations/__init__.py",
    "chat/static/chat/socket.d.ts",
    "chat/tests/__init__.py",
}
IN_THE_EXAMPLE_ALONE = {"chat/tests/test_pages.py", "chat/tests/test_presence.py"}
SCRIPTS = {"people.py", "end_sockets.py"}
SETTINGS = "project/settings.py"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The project that a reader has in the end, but for what commands make."""
    made = tmp_path_factory.mktemp("tutorial")
    call_command("startproject", "project", made)
    for part in PARTS:
        tutorial.copy_linked_files(part, made)
        for block in tutorial.blocks(part):
            if block.language != "console" and not block.reason:
                block.write(made)
    return made


def names(*folders: Path) -> set[str]:
    return {
        path.relative_to(folder.parent).as_posix()
        for folder in folders
        for path in folder.rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }


def test_its_code_is_that_of_the_example(folder: Path) -> None:
    written = names(folder / "chat")
    in_example = names(EXAMPLE / "chat")
    assert written == in_example - MADE_BY_COMMANDS - IN_THE_EXAMPLE_ALONE
    for name in (*written, "project/urls.py", "pytest.ini", "tsconfig.json"):
        assert (folder / name).read_text() == (EXAMPLE / name).read_text(), name


def test_its_settings_are_those_of_the_example(folder: Path) -> None:
    def chosen(project: Path) -> dict[str, Any]:
        found: dict[str, Any] = runpy.run_path(str(project / SETTINGS))
        found["WSROUTER"]["default"].pop("SECRET")
        found["options"] = found["DATABASES"]["default"]["OPTIONS"]
        found["collected"] = found["STATIC_ROOT"].relative_to(project)
        kept = ("LOGIN", "LOGOUT", "WSROUTER", "options", "collected")
        return {name: found[name] for name in found if name.startswith(kept)}

    assert chosen(folder) == chosen(EXAMPLE)


def test_only_aws_is_not_run() -> None:
    reasons = [
        block.reason
        for part in PARTS
        for block in tutorial.blocks(part)
        if block.reason
    ]
    assert len(reasons) == 2
    assert all("AWS" in reason or "ws_sync" in reason for reason in reasons)


def test_each_part_leads_to_the_next() -> None:
    index = (tutorial.DOCS / "index.md").read_text()
    for part, following in pairwise(PARTS):
        assert f"]({part}.md)" in index
        assert f"]({following}.md)" in (tutorial.DOCS / f"{part}.md").read_text()
    assert {path.stem for path in tutorial.DOCS.glob("*.md")} == {"index", *PARTS}
