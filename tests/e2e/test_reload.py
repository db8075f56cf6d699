"""Code changes while sockets are open."""

import itertools
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from websockets.sync.client import ClientConnection

from tests.e2e.ws_local_stack import Stack, ask, copied, eventually, listens, running

DANCE = """

@router.route("dance")
def dance(payload: Say) -> Said:
    return Said(text=payload.text, by="everybody")
"""


@pytest.fixture
def stack(tmp_path: Path) -> Iterator[Stack]:
    with running(copied(tmp_path)) as started:
        yield started


def answer(client: ClientConnection, action: str) -> str:
    """Send a message; the type of the frame that comes back."""
    found = ask(client, action, {"text": "x"})
    return str(found.get("type") or found["message"])


def lines(stack: Stack) -> list[str]:
    return [line for line in stack.log.splitlines() if line[:2] in ("+ ", "- ", "~ ")]


def save(handlers: Path, code: str, noticed: Callable[[], bool]) -> None:
    """Save again until it is noticed: Django misses a change before its first look at
    the files, which comes a second after it began to listen."""
    looks = itertools.count()

    def seen() -> bool:
        if next(looks) % 200 == 0:  # 10 s
            handlers.write_text(code)
        return noticed()

    eventually(seen)


def test_new_routes_are_served_and_sockets_stay(stack: Stack) -> None:
    handlers = stack.project / "room" / "ws.py"
    before = handlers.read_text()
    with stack.connect() as client:
        save(handlers, before + DANCE, lambda: lines(stack) == ["+ route dance"])
        # The gateway may have read the routes before Django is up again.
        eventually(lambda: answer(client, "dance") == "reply")
        save(handlers, before, lambda: lines(stack)[1:] == ["- route dance"])
        # Nor has Django dropped the route at that moment.
        eventually(lambda: answer(client, "dance") == "error")


TWICE = DANCE.replace("dance", "say", 1)


@pytest.mark.parametrize(
    ("mistake", "error"), [("\ndef (", "SyntaxError"), (TWICE, "DeclarationError")]
)
def test_a_mistake_is_an_error_frame_until_it_is_repaired(
    stack: Stack, mistake: str, error: str
) -> None:
    handlers = stack.project / "room" / "ws.py"
    before = handlers.read_text()
    with stack.connect() as client:
        assert answer(client, "say") == "reply"
        save(handlers, before + mistake, lambda: error in stack.log)
        eventually(lambda: not listens(stack.django_port))
        assert answer(client, "say") == "Internal server error"
        save(handlers, before + DANCE, lambda: lines(stack) == ["+ route dance"])
        eventually(lambda: answer(client, "say") == "reply")
        assert answer(client, "dance") == "reply"


def test_the_describe_option_is_hidden(tmp_path: Path) -> None:
    stack = Stack(tmp_path / "room.sqlite3")
    described = stack.manage("ws_local", "--describe")
    assert '"routes"' in described.stdout.splitlines()[-1]
    assert "--describe" not in stack.manage("ws_local", "--help").stdout
