"""docs/howto/adding-routes.md: its designs answer as it says, and its commands print
is what it shows."""

import io
import json
import os
import re
import shlex
import subprocess
import sys
import textwrap
import unittest
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from django.contrib.auth.models import Permission, User
from django.core.cache import cache
from django.core.management import call_command
from django.test import Client

from tests.django.events import serving
from tests.docs_pages.manage_commands import assert_shown, memory_plane
from tests.e2e.ws_local_stack import running_ws_local
from tests.ports import free_port
from tests.simulated_aws.control_plane import MemoryControlPlane
from tests.sync.commands import exit_code, run
from wsrouter.testing import WebSocketClient

PAGE = Path(__file__).parents[1] / "docs" / "howto" / "adding-routes.md"
TEXT = PAGE.read_text()
BLOCK = re.compile(r"^( *)```(\w+)\n(.*?)^ *```$", re.M | re.S)
DESIGNS = ["default route", "app", "feature", "message type", "command"]
URL = "https://www.example.com/ws/"
URLS = """
from django.urls import include, path
urlpatterns = [path("ws/", include("wsrouter.urls"))]
"""
SETTINGS = """
import os
DEBUG, SECRET_KEY, ROOT_URLCONF = True, "for a test", "urls"
INSTALLED_APPS = ["django.contrib.auth", "django.contrib.contenttypes"]
INSTALLED_APPS += ["django.contrib.sessions", "wsrouter", "orders"]
DATABASES = {"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": "db.sqlite3"}}
DEFAULT_AUTO_FIELD, USE_TZ = "django.db.models.BigAutoField", True
CLIENT = f"ws://127.0.0.1:{os.environ['WSROUTER_PORT']}/production"
WSROUTER = {"default": {"SECRET": "for a test", "CLIENT_URL": CLIENT}}
"""


def blocks(heading: str, language: str) -> list[str]:
    """What stands in the fences below a heading, up to the next one."""
    [found] = re.findall(rf"^#+ {heading}\n(.*?)(?=^## |^### |\Z)", TEXT, re.M | re.S)
    return [
        textwrap.dedent(text)
        for _, kind, text in BLOCK.findall(found)
        if kind == language
    ]


def module(name: str) -> ModuleType:
    """`orders/ws.py`, with the code of a design."""
    [code] = blocks(f"One (?:per )?{name}", "python")
    made = ModuleType("orders.ws")
    exec(compile(code, str(PAGE), "exec"), made.__dict__)
    return made


def session(name: str) -> Iterator[tuple[str, Any]]:
    """What a client sends, and the frame that it gets."""
    [text] = blocks(f"One (?:per )?{name}", "console")
    lines = text.splitlines()
    for sent, received in zip(lines[::2], lines[1::2], strict=True):
        assert (sent[:2], received[:2]) == ("> ", "< ")
        yield sent[2:], json.loads(received[2:])


@pytest.fixture
def commands() -> Iterator[ModuleType]:
    """The project has the routes of the last design."""
    made = module("command")
    with ExitStack() as stack:
        stack.enter_context(
            serving(made.router, API_ID="", API_NAME="shop", ENDPOINT=URL)
        )
        stack.enter_context(pytest.MonkeyPatch.context()).setitem(
            sys.modules, "orders.ws", made
        )
        yield made


@pytest.fixture
def plane(monkeypatch: pytest.MonkeyPatch) -> MemoryControlPlane:
    return memory_plane(monkeypatch)


def commands_of(block: str) -> dict[str, str]:
    """What a block shows below each of its commands."""
    parts = re.split(r"^\$ python manage\.py (.+)\n", block, flags=re.M)[1:]
    return dict(zip(parts[::2], parts[1::2], strict=True))


@pytest.mark.django_db
@pytest.mark.parametrize("name", DESIGNS)
def test_a_design_answers_as_the_page_says(name: str) -> None:
    cache.clear()
    with serving(module(name).router):
        client = WebSocketClient().connect()
        for sent, received in session(name):
            client.send_text(sent)
            assert client.receive() == received


def test_the_table_has_every_design_and_its_keys() -> None:
    rows = re.findall(r"^\| \[One (?:per )?(.+?)\]\(#(.+?)\) \| (.+?) \|", TEXT, re.M)
    assert [name for name, _, _ in rows] == DESIGNS
    for name, anchor, keys in rows:
        assert anchor.endswith(name.replace(" ", "-"))
        registered = {route.key for route in module(name).router.routes}
        listed = set(re.findall(r"`(.+?)`", keys))
        assert registered <= listed if registered else keys == "none"


def test_ws_sync_publishes_the_route(
    commands: ModuleType, plane: MemoryControlPlane
) -> None:
    [block] = blocks("By command", "console")
    shown = commands_of(block)
    assert list(shown) == ["ws_sync --no-input", "ws_sync --check"]
    assert exit_code("--check") == 2
    for command, text in shown.items():
        printed, _ = run(*command.split()[1:])
        assert_shown(text, printed)
    assert exit_code("--check") == 0


@pytest.mark.django_db
def test_the_admin_publishes_the_route(
    commands: ModuleType, plane: MemoryControlPlane
) -> None:
    user = User.objects.create_user("ann", is_staff=True)
    user.user_permissions.add(Permission.objects.get(codename="publish_gateway"))
    client = Client()
    client.force_login(user)
    page = "/admin/wsrouter/openconnection/gateways/default/"
    shown = client.get(page).content.decode()
    assert "+ route orders.place" in shown
    plan = re.search(r'name="plan" value="(\w+)"', shown)
    assert plan
    client.post(page, {"plan": plan[1]})
    assert exit_code("--check") == 0


@pytest.mark.parametrize("heading", ["As code", "By hand"])
def test_exports_have_the_route(commands: ModuleType, heading: str) -> None:
    [block] = blocks(heading, "console")
    found = commands_of(block)
    assert found
    for command in found:
        out = io.StringIO()
        call_command(*command.partition(" > ")[0].split(), stdout=out)
        assert "orders.place" in out.getvalue()


@pytest.mark.django_db
def test_the_first_three_steps(commands: ModuleType) -> None:
    cache.clear()
    unit, case = blocks("Test it in five steps", "python")
    exec(unit, {})
    made: dict[str, Any] = {"__name__": "orders.tests"}
    exec(case, made)
    tests = unittest.defaultTestLoader.loadTestsFromTestCase(made["PlaceTests"])
    assert tests.countTestCases() == 2
    result = unittest.TestResult()
    tests.run(result)
    assert result.errors + result.failures == []
    routes, _ = blocks("Test it in five steps", "console")
    [(command, shown)] = commands_of(routes).items()
    out = io.StringIO()
    call_command(command, stdout=out)
    assert_shown(shown, out.getvalue())


@pytest.mark.django_db
def test_the_fourth_step(tmp_path: Path) -> None:
    """A project of its own, with a real gateway in front of it."""
    (tmp_path / "orders").mkdir()
    [code] = blocks("One per command", "python")
    (tmp_path / "orders" / "__init__.py").touch()
    (tmp_path / "orders" / "ws.py").write_text(code)
    (tmp_path / "settings.py").write_text(SETTINGS)
    (tmp_path / "urls.py").write_text(URLS)
    manage = (sys.executable, "-m", "django")
    environment = {**os.environ, "DJANGO_SETTINGS_MODULE": "settings"}
    environment["PYTHONPATH"] = os.pathsep.join([str(tmp_path), str(PAGE.parents[2])])
    environment["WSROUTER_PORT"] = str(port := free_port())
    where: dict[str, Any] = {"cwd": tmp_path, "env": environment}
    subprocess.run([*manage, "migrate", "-v", "0"], check=True, **where)
    _, block = blocks("Test it in five steps", "console")
    [(command, shown)] = commands_of(block).items()
    with running_ws_local(manage, tmp_path / "log", port, free_port(), **where):
        called = subprocess.run(
            [*manage, *shlex.split(command)], capture_output=True, text=True, **where
        )
    assert (called.stdout, called.stderr) == (shown, "")
