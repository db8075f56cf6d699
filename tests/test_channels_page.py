"""docs/howto/move-from-channels.md: its routes pass its test, without Channels."""

import re
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import TestCase

from tests.django.events import serving
from wsrouter.testing import ErrorFrame, WebSocketClient

PAGE = Path(__file__).parents[1] / "docs" / "howto" / "move-from-channels.md"
BLOCKS = re.findall(r"^```python\n(.*?)^```$", PAGE.read_text(), re.M | re.S)


def block(text: str) -> str:
    [found] = [code for code in BLOCKS if text in code]
    return found


@pytest.fixture
def routes() -> ModuleType:
    made = ModuleType("chat.ws")
    exec(compile(block("# chat/ws.py"), str(PAGE), "exec"), made.__dict__)
    return made


@pytest.mark.django_db
def test_the_routes_pass_the_test_of_the_page(routes: ModuleType) -> None:
    made: dict[str, Any] = {"WebSocketClient": WebSocketClient}
    exec(compile(block("def test_saying(self):  # here"), str(PAGE), "exec"), made)
    case = TestCase()
    case.user = User.objects.create_user("ada")  # type: ignore[attr-defined]
    with serving(routes.router):
        made["test_saying"](case)


@pytest.mark.django_db
def test_who_is_not_in_the_room_says_nothing_there(routes: ModuleType) -> None:
    with serving(routes.router):
        tab = WebSocketClient(User.objects.create_user("ada")).connect()
        with pytest.raises(ErrorFrame) as refused:
            tab.call("say", {"room": "tea", "text": "Hello"})
    assert refused.value.code == "not_in_room"


def test_every_python_block_can_be_read() -> None:
    assert len(BLOCKS) == 4
    for code in BLOCKS:
        compile(code, str(PAGE), "exec")
