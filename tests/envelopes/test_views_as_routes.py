"""What docs/howto/move-from-django-aws-api-gateway-websockets.md says of several views:
one member of a frame names the view, another one its method."""

import re
import sys
import textwrap
from pathlib import Path
from types import ModuleType
from typing import Annotated, Any, Literal

import pytest
from django.contrib.auth.models import User
from pydantic import BaseModel, Field

from tests.django.events import serving
from wsrouter import Connection, Router
from wsrouter.testing import WebSocketClient

HOWTO = Path(__file__).parents[2] / "docs" / "howto"
PAGE = (HOWTO / "move-from-django-aws-api-gateway-websockets.md").read_text()
PYTHON = re.compile(r"^ *```python\n(.*?)^ *```", re.M | re.S)


def envelope(monkeypatch: pytest.MonkeyPatch) -> str:
    """The setting that names the class of the page, whose base is on another page."""
    first, *_ = re.findall(
        r"^```python\n# shop/envelopes.py\n(.*?)^```",
        (HOWTO / "envelopes.md").read_text(),
        re.M | re.S,
    )
    module = ModuleType("envelopes_of_views")
    monkeypatch.setitem(sys.modules, module.__name__, module)
    for code in (first, PYTHON.findall(section("Several views"))[0]):
        exec(code, module.__dict__)
    return f"{module.__name__}.ViewEnvelope"


def section(heading: str) -> str:
    return PAGE.partition(f"## {heading}\n")[2].partition("\n## ")[0]


@pytest.mark.django_db
def test_a_view_is_a_route_and_its_methods_are_payloads(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    router = Router()
    names: dict[str, Any] = {
        "Annotated": Annotated,
        "Literal": Literal,
        "router": router,
        "BaseModel": BaseModel,
        "Connection": Connection,
        "Field": Field,
    }
    exec(PYTHON.findall(section("Several views"))[1], names)
    with serving(router, ENVELOPE=envelope(monkeypatch)):
        tab = WebSocketClient(User.objects.create_user("ada")).connect()
        for frame, answer in (
            ('{"action": "chat", "handler": "who"}', {"you": "ada"}),
            ('{"action": "chat", "handler": "say", "text": "Hi"}', {"said": "Hi"}),
        ):
            tab.send_text(frame)
            assert tab.receive() == answer
        tab.send_text('{"action": "chat", "handler": "drop"}')
        assert tab.receive()["error"] == "invalid_payload"


def test_every_block_of_the_page_can_be_read() -> None:
    found = PYTHON.findall(PAGE)
    assert len(found) > 12
    for code in found:
        compile(textwrap.dedent(code), "page", "exec")
