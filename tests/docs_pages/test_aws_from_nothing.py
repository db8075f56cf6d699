"""docs/howto/aws-from-nothing.md: AWS knows its commands, and Django prints what it
shows. Its template is read in tests/docs_site."""

from types import ModuleType

import pytest
from django.test import override_settings

from tests.docs_pages import aws_commands
from tests.docs_pages.blocks import blocks, install
from tests.docs_pages.manage_commands import memory_plane, run_block
from tests.simulated_aws.control_plane import MemoryControlPlane
from tests.sync.test_options import CERTIFICATE
from wsrouter import Router

PAGE = "howto/aws-from-nothing.md"
ROUTER = Router()


@pytest.fixture
def made(monkeypatch: pytest.MonkeyPatch) -> dict[str, ModuleType]:
    monkeypatch.setenv("WSROUTER_SECRET", "0123456789abcdef0123456789abcdef")
    monkeypatch.setenv("CERTIFICATE", CERTIFICATE)
    return install(monkeypatch, PAGE)


@pytest.fixture
def plane(monkeypatch: pytest.MonkeyPatch) -> MemoryControlPlane:
    return memory_plane(monkeypatch)


def test_commands_print_what_the_page_shows(
    made: dict[str, ModuleType], plane: MemoryControlPlane
) -> None:
    wanted = made["settings.py"].WSROUTER
    wanted["default"]["ROUTER"] = f"{__name__}.ROUTER"
    shown = blocks(PAGE, "console")
    assert len(shown) == 2
    with override_settings(WSROUTER=wanted):
        for block in shown:
            run_block(block)


def test_aws_knows_the_commands() -> None:
    found = [
        words
        for block in blocks(PAGE, "console", run=False)
        for words in aws_commands.commands(block.text)
    ]
    assert len(found) >= 14
    for words in found:
        assert aws_commands.problems(words) == [], words


def test_mistakes_in_commands_are_found() -> None:
    for line, problem in {
        "aws acm request-certificates --domain-name x": "acm request-certificates",
        "aws acm request-certificate --domain x": "--domain",
        "aws acm delete-certificate": "no --certificate-arn",
    }.items():
        (words,) = aws_commands.commands(line)
        assert problem in aws_commands.problems(words)
