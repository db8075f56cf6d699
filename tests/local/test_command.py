"""`manage.py ws_local` from end to end: a real Django behind it."""

import json
import os
import signal
import socket
import sys
from collections.abc import Iterator
from pathlib import Path
from unittest.mock import ANY

import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus

from tests.local import raw_client
from tests.local.recording_backend import wait_until
from tests.local.ws_local_process import ROOT, Site, WsLocalProcess, ask, running


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Site:
    made = Site(database=tmp_path_factory.mktemp("site") / "db.sqlite3")
    made.migrate()
    return made


@pytest.fixture(scope="module")
def command(site: Site) -> Iterator[WsLocalProcess]:
    with running(site) as started:
        yield started


def test_it_prints_every_address(command: WsLocalProcess) -> None:
    command.wait_for(f"Clients connect to ws://127.0.0.1:{command.port}/production")
    command.wait_for(f"@connections: http://127.0.0.1:{command.port}/production")
    command.wait_for(f"posted to http://127.0.0.1:{command.django_port}/ws/")
    assert "--no-cookies" in command.wait_for("Cookies are passed on.")


def test_a_typed_reply(command: WsLocalProcess) -> None:
    with command.connect() as client:
        assert ask(client, "echo", {"text": "hi"}) == {
            "type": "reply",
            "action": "echo",
            "id": "1",
            "payload": {"text": "hi"},
        }
        assert ask(client, "echo", {"text": 1})["error"]["code"] == "invalid_payload"
    line = command.wait_for("  echo  ")
    assert "200 reply" in line
    assert line.endswith(" ms")
    assert "  echo  " in command.wait_for("200 error invalid_payload, ")


def test_a_crash_leaks_nothing(command: WsLocalProcess) -> None:
    with command.connect() as client:
        frame = ask(client, "crash")
    assert frame["error"]["code"] == "internal_error"
    assert "detail that must not leak" not in json.dumps(frame)


def test_a_push_reaches_a_group(command: WsLocalProcess) -> None:
    with command.connect() as one, command.connect() as two, command.connect() as other:
        ask(one, "join")
        ask(two, "join")
        other.send('{"action": "push", "payload": {"text": "hello"}}')
        event = {"type": "noted", "id": ANY, "payload": {"text": "hello"}}
        assert json.loads(one.recv(timeout=30)) == event
        assert json.loads(two.recv(timeout=30)) == event
        with pytest.raises(TimeoutError):
            other.recv(timeout=0.2)


def test_a_rejected_client_sees_the_status(command: WsLocalProcess) -> None:
    with pytest.raises(InvalidStatus) as raised:
        command.connect("?who=nobody")
    assert raised.value.response.status_code == 401
    assert b"Who are you?" in bytes(raised.value.response.body or b"")
    command.wait_for("refused 401")


def test_a_client_that_is_killed_leaves_no_row(
    command: WsLocalProcess, site: Site
) -> None:
    wait_until(lambda: site.rows() == 0)
    client = raw_client.connect(command.port)
    assert site.rows() == 1
    raw_client.reset(client)
    wait_until(lambda: site.rows() == 0)


def test_sockets_survive_the_death_of_django(site: Site) -> None:
    with running(site) as command, command.connect() as client:
        os.kill(ask(client, "pid")["payload"], signal.SIGKILL)
        command.wait_for("Django has ended with exit code")
        client.send('{"action": "echo"}')
        frame = str(client.recv(timeout=30))
        assert frame.startswith('{"message": "Internal server error", "connectionId":"')
        command.process.send_signal(signal.SIGTERM)
        with pytest.raises(ConnectionClosed):
            client.recv(timeout=30)
        command.process.wait(60)
    assert command.process.returncode == 0
    assert "not delivered" in command.wait_for("  $disconnect  ")


def test_control_c_delivers_disconnects_and_ends_everything(
    tmp_path: Path,
) -> None:
    site = Site(database=tmp_path / "db.sqlite3")
    site.migrate()
    manage = [sys.executable, str(ROOT / "tests/project/manage.py")]
    with running(site, "--no-cookies", manage=manage) as command:
        clients = [command.connect().__enter__() for _ in range(3)]
        assert site.rows() == 3
    for client in clients:
        with pytest.raises(ConnectionClosed):
            client.recv(timeout=30)
    assert command.process.returncode == 0
    assert site.rows() == 0
    assert not [line for line in command.lines if "Traceback" in line]
    assert not [line for line in command.lines if "Cookies" in line]
    for port in (command.port, command.django_port):
        socket.create_server(("127.0.0.1", port)).close()


def test_the_limits_can_be_shrunk(site: Site) -> None:
    options = ("--idle-timeout", "0.5", "--max-duration", "60")
    with running(site, *options) as command, command.connect() as client:
        with pytest.raises(ConnectionClosed) as raised:
            client.recv(timeout=30)
        assert raised.value.rcvd is not None
        assert raised.value.rcvd.code == 1001


def test_django_that_cannot_start_is_reported(site: Site, tmp_path: Path) -> None:
    broken = tmp_path / "broken_manage.py"
    broken.write_text("import sys\nsys.exit('no such thing')\n")
    starter = (
        "import sys; from django.core.management import execute_from_command_line as e;"
        f"sys.argv[0] = {str(broken)!r}; e(sys.argv)"
    )
    with running(site, manage=[sys.executable, "-c", starter]) as command:
        command.process.wait(60)
    assert command.process.returncode == 1
    command.wait_for("CommandError: Django ended with exit code 1 before it was ready")
