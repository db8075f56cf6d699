"""`ws_local` serves what `ws_sync` has published, read back from the control plane."""

import json
import signal
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from websockets.exceptions import InvalidStatus

from tests.e2e.ws_local_stack import (
    Stack,
    ask,
    copied,
    eventually,
    frame,
    running,
    started,
)
from tests.ministack import ministack_url  # noqa: F401
from tests.ministack import running as ministack

REGION = ("--region", "eu-west-1")


def published(stack: Stack, url: str) -> str:
    """Publish the project's routes; the id of the API."""
    synced = stack.manage("ws_sync", "--no-input", "--json", "--endpoint-url", url)
    assert synced.returncode == 0, synced.stderr
    api_id: str = json.loads(synced.stdout)["api_id"]
    return api_id


@pytest.fixture(scope="module")
def stack(
    tmp_path_factory: pytest.TempPathFactory,
    ministack_url: str,  # noqa: F811
) -> Iterator[Stack]:
    stack = copied(tmp_path_factory.mktemp("published"))
    api_id = published(stack, ministack_url)
    with running(stack, "--api-id", api_id, "--endpoint-url", ministack_url) as one:
        yield one


def test_a_published_route_answers(stack: Stack) -> None:
    with stack.connect("ada") as client:
        answer = ask(client, "say", {"text": "ho"})
        assert answer["payload"] == {"text": "ho", "by": "ada"}
        assert stack.get("/announce/lunch/")["delivered"] == 1
        assert frame(client)["payload"] == {"text": "lunch"}


def test_the_api_is_found_by_its_name(
    tmp_path: Path,
    ministack_url: str,  # noqa: F811
) -> None:
    stack = Stack(tmp_path / "room.sqlite3")
    api_id = published(stack, ministack_url)
    options = ("--published", "--endpoint-url", ministack_url, *REGION)
    with running(stack, *options), stack.connect() as client:
        assert ask(client, "say", {"text": "ho"})["type"] == "reply"
        assert stack.get("/open/")["apis"] == [api_id]
        assert stack.get("/announce/lunch/")["delivered"] == 1


def test_a_new_route_stays_undeployed_until_ws_sync(
    stack: Stack,
    ministack_url: str,  # noqa: F811
) -> None:
    assert stack.process is not None
    handlers = stack.project / "room" / "ws.py"
    with stack.connect() as client:
        handlers.write_text(
            handlers.read_text() + "\n\n@router.route('dance')\ndef dance() -> str:\n"
            "    return 'cha-cha'\n"
        )
        hint = "! route dance is not published: run ws_sync"
        eventually(lambda: hint in stack.log)
        assert "+ route dance" not in stack.log
        client.send('{"action": "dance"}')
        assert frame(client)["payload"] == "cha-cha"
        assert "  dance " not in stack.log

        published(stack, ministack_url)
        assert f"kill -USR1 {stack.process.pid}" in stack.log
        stack.process.send_signal(signal.SIGUSR1)
        eventually(lambda: "+ route dance" in stack.log)
        client.send('{"action": "dance"}')
        assert frame(client)["payload"] == "cha-cha"
        eventually(lambda: "  dance " in stack.log)


def destroyed(stack: Stack, url: str) -> None:
    done = stack.manage("ws_sync", "--destroy", "--no-input", "--endpoint-url", url)
    assert done.returncode == 0, done.stderr


def reload_until(stack: Stack, line: str) -> None:
    """Send the reload signal and wait for one more such line."""
    assert stack.process is not None
    before = stack.log.count(line)
    stack.process.send_signal(signal.SIGUSR1)
    eventually(lambda: stack.log.count(line) > before)


@pytest.mark.parametrize("by_id", [True, False], ids=["id", "name"])
def test_a_deleted_stage_is_not_served_until_it_is_published_again(
    tmp_path: Path,
    ministack_url: str,  # noqa: F811
    by_id: bool,
) -> None:
    stack = copied(tmp_path)
    settings = stack.project / "room" / "settings.py"
    name = f'\nWSROUTER["default"]["API_NAME"] = "deleted-{by_id}"\n'
    settings.write_text(settings.read_text() + name)
    api_id = published(stack, ministack_url)
    options = ["--api-id", api_id] if by_id else ["--published"]
    serving = running(stack, *options, "--endpoint-url", ministack_url)
    with serving, stack.connect() as client:
        destroyed(stack, ministack_url)
        reload_until(stack, "- stage production: ")
        assert "answered 403; messages of open sockets are Forbidden" in stack.log
        assert ask(client, "say", {"text": "ho"})["message"] == "Forbidden"
        assert stack.get("/announce/lunch/")["delivered"] == 0
        with pytest.raises(InvalidStatus, match="403"):
            stack.connect()
        reload_until(stack, "Nothing has changed.")
        assert "cannot be reloaded" not in stack.log
        if by_id:  # a new API gets another id
            return
        published(stack, ministack_url)
        reload_until(stack, "+ stage production")
        assert ask(client, "say", {"text": "ho"})["type"] == "reply"
        with stack.connect() as other:
            assert ask(other, "say", {"text": "ho"})["type"] == "reply"


def test_routes_that_cannot_be_reloaded_stay(tmp_path: Path) -> None:
    stack = Stack(tmp_path / "room.sqlite3")
    with ExitStack() as left:
        with ministack(tmp_path) as url:
            api_id = published(stack, url)
            options = ("--api-id", api_id, "--endpoint-url", url)
            left.enter_context(running(stack, *options))
        with stack.connect() as client:
            reload_until(stack, "The routes cannot be reloaded, so they stay")
            assert ask(client, "say", {"text": "ho"})["type"] == "reply"


def test_an_api_that_was_never_published_cannot_be_served(
    tmp_path: Path,
    ministack_url: str,  # noqa: F811
) -> None:
    stack = Stack(tmp_path / "room.sqlite3")
    options = ("--api-id", "nosuchapi0", "--endpoint-url", ministack_url)
    refused = stack.manage("ws_local", *options)
    assert refused.returncode == 1
    assert "CommandError" in refused.stderr
    assert "nosuchapi0" in refused.stderr


def test_it_is_reloaded_beside_a_separate_django_too(
    tmp_path: Path,
    ministack_url: str,  # noqa: F811
) -> None:
    stack = copied(tmp_path)
    endpoint = f"http://127.0.0.1:{stack.django_port}/ws/"
    settings = stack.project / "room" / "settings.py"
    settings.write_text(
        settings.read_text().replace("https://room.example.com/ws/", endpoint)
        + '\nWSROUTER["default"]["API_NAME"] = "alone"\n'
    )
    published(stack, ministack_url)
    stack.migrate()
    django = stack.start("runserver", "--noreload", str(stack.django_port))
    options = ("--no-django", "--published", "--endpoint-url", ministack_url)
    try:
        with started(stack, *options), stack.connect() as client:
            assert stack.process is not None
            assert "Set MANAGEMENT_ENDPOINT in that Django's settings" in stack.log
            assert ask(client, "say", {"text": "ho"})["type"] == "reply"
            stack.process.send_signal(signal.SIGUSR1)
            eventually(lambda: "Nothing has changed." in stack.log)
            assert ask(client, "say", {"text": "ho"})["type"] == "reply"
    finally:
        django.terminate()
        django.wait()
