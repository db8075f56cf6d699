"""Compares docs/explanation/way-of-a-message.md with the way of a message."""

import re
import sys
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from types import FrameType
from typing import Any

import pytest

from tests.django.events import Gateway, serving
from wsrouter import Connection, Router
from wsrouter.routing.flow import Call, Flow, call, run_async, run_sync

pytestmark = pytest.mark.django_db
PACKAGE = Path(sys.modules["wsrouter"].__file__ or "").parent
VIEW = "endpoint/view.py", "endpoint"
PAGE = Path(__file__).parents[2] / "docs" / "explanation" / "way-of-a-message.md"
ROW = re.compile(r"^\| `(?P<file>[\w/]+\.py)` \| `(?P<function>\w+)` \|", re.MULTILINE)
router = Router()


@router.route("orders.watch")
def watch(payload: int, connection: Connection) -> str:
    return f"{connection.id} {payload}"


def traced(act: Callable[[], object]) -> list[tuple[str, str, str]]:
    """The events ("call" or "return"), files and functions of the package."""
    found: list[tuple[str, str, str]] = []

    def note(frame: FrameType, event: str, _: object) -> None:
        path = Path(frame.f_code.co_filename)
        if event in ("call", "return") and path.is_relative_to(PACKAGE):
            file = path.relative_to(PACKAGE).as_posix()
            found.append((event, file, frame.f_code.co_name))

    sys.setprofile(note)
    try:
        act()
    finally:
        sys.setprofile(None)
    return found


@pytest.fixture
def way() -> list[tuple[str, str, str]]:
    """The way of a warm message through the view."""
    with serving(router):
        gateway = Gateway()
        gateway.connect()
        gateway.send("orders.watch", 1, id="7")

        def send() -> None:
            assert gateway.send("orders.watch", 1, id="7")["type"] == "reply"

        found = traced(send)
    edges = [("call", *VIEW), ("return", *VIEW)]
    first, last = map(found.index, edges)
    return found[first : last + 1]


def test_the_page_names_what_a_message_runs_through(
    way: list[tuple[str, str, str]],
) -> None:
    entered = [(file, name) for event, file, name in way if event == "call"]
    public = [each for each in entered if not each[1].startswith(("_", "<"))]
    named = [(row["file"], row["function"]) for row in ROW.finditer(PAGE.read_text())]
    assert named == list(dict.fromkeys(public))


def test_the_page_counts_files_folders_and_crossings(
    way: list[tuple[str, str, str]],
) -> None:
    files = [file for _, file, _ in way]
    folders = [file.partition("/")[0] for file in files]
    crossings = sum(before != after for before, after in pairwise(folders))
    sentence = (
        f"{len(set(files))} files in {len(set(folders))} rooms, and goes from one room"
        f" to another {crossings} times"
    )
    assert " ".join(PAGE.read_text().split()).count(sentence) == 1, sentence
    assert len(set(folders)) <= 7
    assert crossings <= 26


def test_the_example_of_a_flow_runs() -> None:
    """The Python block of the page, in both kinds of program."""
    (code,) = re.findall(r"```python\n(.*?)```", PAGE.read_text(), re.DOTALL)
    names: dict[str, Any] = {"Call": Call, "Flow": Flow, "call": call}
    names |= {"run_sync": run_sync, "run_async": run_async}
    exec(compile(code, str(PAGE), "exec"), names)  # the page's own words
    assert names["answer"] == "Ada has 2 orders"
