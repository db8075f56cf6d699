"""Runs the commands of a page on an API Gateway in memory, and compares what they print
with what the page shows: `...` stands for any lines, or for any part of one."""

import io
import re
import shlex
from collections.abc import Iterator

import pytest
from django.core.management import CommandError, call_command

from tests.docs_pages.blocks import Block
from tests.simulated_aws.control_plane import MemoryControlPlane
from wsrouter.wiring import publisher


def memory_plane(monkeypatch: pytest.MonkeyPatch) -> MemoryControlPlane:
    """What commands publish to until the test ends."""
    made = MemoryControlPlane(pending_polls=0)
    monkeypatch.setattr(publisher, "control_plane", lambda *_, **__: made)
    return made


def commands(block: Block) -> Iterator[tuple[str, str]]:
    """The commands of a block, without `$ python manage.py`, and what is shown."""
    parts = re.split(r"^\$ python manage\.py (.+)\n", block.text, flags=re.M)
    assert not parts[0].strip(), f"not a command: {parts[0]!r}"
    assert len(parts) > 1
    for command, shown in zip(parts[1::2], parts[2::2], strict=True):
        yield command.partition("  #")[0].strip(), shown


def printed(command: str) -> str:
    """What a command prints, with the text of the error that it ends with."""
    out = io.StringIO()
    arguments = re.split(r" [>|] ", command)[0]
    try:
        call_command(*shlex.split(arguments), stdout=out, stderr=io.StringIO())
    except CommandError as error:
        out.write(f"CommandError: {error}\n")
    except SystemExit:  # the exit code of `ws_sync --check`
        pass
    return out.getvalue()


def assert_shown(shown: str, text: str) -> None:
    """`text` has the lines that are shown, in this order."""
    pattern = re.escape(shown)
    for dots, meant in (("...\n", "(?s:.*)"), ("...", ".*")):
        pattern = pattern.replace(re.escape(dots), meant)
    assert re.search(f"^{pattern}", text, re.M), text


def run_block(block: Block) -> None:
    for command, shown in commands(block):
        assert_shown(shown, printed(command))
