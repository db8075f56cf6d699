"""The reference has every setting, command, option, system check, error code and signal
where a reader looks for it, and every option and error of the clients;
tests/test_public_names.py holds the same of names."""

import dataclasses
import re
from argparse import SUPPRESS
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.core.management import BaseCommand, load_command_class

from tests.test_docs import anchors
from wsrouter import conf, signals
from wsrouter.client.options import Options

ROOT = Path(__file__).parents[1]
REFERENCE = ROOT / "docs" / "reference"
COMMANDS = sorted(
    path.stem for path in ROOT.glob("wsrouter/management/commands/ws_*.py")
)
OWN_PAGES = ("ws_local", "ws_sync")
LIBRARY_CODE = re.compile(r"MessageError\(\s*\"(\w+)\"")
EVERY_ROUTE = ("malformed_frame", "invalid_payload", "throttled", "internal_error")
OF_CLIENTS = "gateway_error"
OF_DJANGO = {
    action.option_strings[-1]
    for action in BaseCommand().create_parser("manage.py", "")._actions
    if action.option_strings
}
CHECK_ID = re.compile(r"wsrouter\.[EWI]\d{3}")


def section(page: str, heading: str) -> str:
    """What stands below a heading of the second level."""
    text = (REFERENCE / page).read_text()
    _, found, rest = text.partition(f"\n## {heading}\n")
    assert found, f"{page} has no heading {heading!r}"
    return re.split(r"^##? ", rest, maxsplit=1, flags=re.M)[0]


def first_cells(text: str) -> set[str]:
    """What is in backticks in the first column of tables."""
    cells = re.findall(r"^\| (.+?) \|", text, re.M)
    return {word for cell in cells for word in re.findall(r"`(.+?)`", cell)}


def options(command: str) -> Iterator[str]:
    """Its own long options: those of every command of Django are in Django's manual."""
    ours = load_command_class("wsrouter", command)
    for action in ours.create_parser("manage.py", command)._actions:
        for name in {*action.option_strings} - OF_DJANGO:
            if name.startswith("--") and action.help is not SUPPRESS:
                yield name


def source() -> str:
    return "\n".join(path.read_text() for path in ROOT.glob("wsrouter/**/*.py"))


@pytest.mark.parametrize("name", sorted(conf.NAMES))
def test_every_setting_has_a_heading(name: str) -> None:
    assert section("settings.md", name).strip()


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_a_heading_and_every_option_a_place(name: str) -> None:
    text = section("commands.md", name)
    if name in OWN_PAGES:
        assert f"({name}.md)" in text
        text = (REFERENCE / f"{name}.md").read_text()
    named = set(re.findall(r"--[a-z][a-z-]*", text))
    assert [option for option in options(name) if option not in named] == []


def test_every_system_check_has_a_row() -> None:
    listed = first_cells((REFERENCE / "settings.md").read_text())
    found = set(CHECK_ID.findall(source()))
    assert found
    assert found == {name for name in listed if CHECK_ID.fullmatch(name)}


def test_every_error_code_has_a_row() -> None:
    listed = first_cells(section("router.md", "Errors"))
    codes = {*LIBRARY_CODE.findall(source()), *EVERY_ROUTE} - {OF_CLIENTS}
    assert len(codes) > len(EVERY_ROUTE)
    assert codes <= listed
    for page in ("client.md", "python-client.md"):
        assert f"`{OF_CLIENTS}`" in (REFERENCE / page).read_text()


def test_every_signal_has_a_row() -> None:
    assert first_cells(section("names.md", "`wsrouter.signals`")) == set(
        signals.__all__
    )


def test_clients_have_a_row_for_every_option_and_error() -> None:
    script = (ROOT / "wsrouter/static/wsrouter/client.js").read_text()
    _, _, rest = script.partition("const DEFAULTS = {")
    defaults = re.findall(r"^  (\w+): ", rest.partition("\n};")[0], re.M)
    errors = re.findall(r"^export class (\w+)", script, re.M)
    assert min(len(defaults), len(errors)) > 4
    listed = first_cells((REFERENCE / "client.md").read_text())
    assert {*defaults, *errors} <= listed
    fields = {field.name for field in dataclasses.fields(Options)}
    assert fields <= first_cells((REFERENCE / "python-client.md").read_text())


def test_long_pages_have_parts() -> None:
    for page in ROOT.glob("docs/**/*.md"):
        if len(page.read_text().split()) > 1_500:
            assert len(anchors(page)) >= 3, page.name
