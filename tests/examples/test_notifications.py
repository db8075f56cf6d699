"""The example's own tests and checks, with its own settings."""

import re
from pathlib import Path

import pytest

from tests.examples.notifications import PROJECT, Notifications


@pytest.fixture
def project(tmp_path: Path) -> Notifications:
    return Notifications(tmp_path)


def test_its_own_tests_pass(project: Notifications) -> None:
    said = project.manage("test", "--parallel", "1")
    assert re.search(r"^Ran [1-9]\d* tests in", said, re.MULTILINE), said


def test_its_migrations_are_complete(project: Notifications) -> None:
    project.manage("makemigrations", "--check", "--dry-run")


def test_it_passes_the_system_checks(project: Notifications) -> None:
    project.manage("check", "--fail-level", "WARNING")


def test_its_page_loads_nothing_from_elsewhere() -> None:
    sources = [
        path
        for folder in ("static", "templates")
        for path in (PROJECT / "inbox" / folder).rglob("*")
        if path.is_file() and path.suffix != ".svg"
    ]
    assert sources
    for path in sources:
        text = path.read_text()
        assert not re.search(r"//[a-z0-9-]+\.", text), path
        assert not re.search(r"<script(?! type=\"module\" src=)|\son\w+=|style=", text)
        assert "innerHTML" not in text
