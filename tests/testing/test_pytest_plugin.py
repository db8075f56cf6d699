"""The plugin in projects of others: its fixtures, its option, and what it says where
something is missing."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SETTINGS = """
SECRET_KEY = "x"
INSTALLED_APPS = ["django.contrib.auth", "django.contrib.contenttypes",
                  "django.contrib.sessions", "wsrouter"]
MIDDLEWARE = []
DATABASES = {"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}}
ROOT_URLCONF = "urls"
SESSION_ENGINE = "django.contrib.sessions.backends.db"
STATIC_URL = "static/"
WSROUTER = {"default": {"ROUTER": "routes.router"}}
"""
URLS = """
from django.urls import include, path
urlpatterns = [path("ws/", include("wsrouter.urls"))]
"""
ROUTES = """
from wsrouter import Router
router = Router()
told = router.event("told", str)

@router.route("echo")
def echo(payload: str) -> str:
    told.send(payload, everyone=True)
    return payload
"""
TESTS = """
import pytest
from routes import told


def test_sync(ws_client, captured_events):
    client = ws_client().connect()
    assert client.call("echo", "x") == "x"
    captured_events.assert_sent(told, "x", everyone=True)
    assert client.receive("told")["payload"] == "x"


@pytest.mark.django_db
def test_marked(ws_client):
    assert ws_client().connect().call("echo", "x") == "x"


@pytest.mark.anyio
async def test_async(async_ws_client):
    client = await async_ws_client().connect()
    assert await client.call("echo", "x") == "x"
    assert (await client.receive("told"))["payload"] == "x"


@pytest.fixture
def anyio_backend():
    return "asyncio"


def test_live(ws_live):
    assert ws_live.url.startswith("ws://127.0.0.1")
"""
LISTED = """
import sys
def test_nothing_is_loaded():
    assert not {"django", "pydantic"} & set(sys.modules)
"""


def run(folder: Path, *options: str, django: bool = True) -> str:
    """pytest finds the plugin as users' runs do, by the entry point of the installed
    package."""
    plugins = [] if django else ["-p", "no:django"]
    if django:
        options += ("--ds", "settings", "-W", "error")
    command = [sys.executable, "-m", "pytest", "-rsA", "-q", "-p", "no:cacheprovider"]
    place = ["--rootdir", str(folder), "-c", os.devnull]
    done = subprocess.run(
        [*command, *place, *plugins, *options, str(folder)],
        capture_output=True,
        text=True,
        cwd=folder,
        env={"PYTHONPATH": f"{folder}:{ROOT}", "PATH": ""},
        timeout=600,
    )
    return done.stdout + done.stderr


@pytest.fixture
def project(tmp_path: Path) -> Path:
    for name, text in (
        ("settings", SETTINGS),
        ("urls", URLS),
        ("routes", ROUTES),
        ("test_it", TESTS),
    ):
        (tmp_path / f"{name}.py").write_text(text)
    return tmp_path


def test_in_memory(project: Path) -> None:
    assert "4 passed" in run(project)


def test_the_same_over_a_socket(project: Path) -> None:
    assert "4 passed" in run(project, "--ws-gateway=local")


def test_against_a_deployed_api(project: Path) -> None:
    said = run(project, "--ws-gateway=wss://127.0.0.1:9", "-k", "sync")
    assert "What a deployed API sends cannot be captured." in said
    assert "1 skipped" in said


def test_a_gateway_that_is_none(project: Path) -> None:
    said = run(project, "--ws-gateway=production")
    assert "--ws-gateway: 'production' is no gateway for tests" in said


def test_without_pytest_django(tmp_path: Path) -> None:
    (tmp_path / "test_a.py").write_text(LISTED)
    (tmp_path / "test_b.py").write_text("def test_fixture(ws_client): ...")
    said = run(tmp_path, django=False)
    assert "1 passed, 1 error" in said
    assert "The fixture 'ws_client' of wsrouter needs pytest-django" in said
