"""SIGKILL of the clients, of Django and of the gateway, under traffic."""

import os
import signal
import socket
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from tests.e2e.client_traffic import Traffic
from tests.e2e.ws_local_stack import Stack, eventually, listens, running, started

ROOT = Path(__file__).parents[2]


@pytest.fixture
def stack(tmp_path: Path) -> Iterator[Stack]:
    with running(Stack(tmp_path / "room.sqlite3")) as one:
        yield one


def traffic(stack: Stack, clients: int = 4) -> Traffic:
    return Traffic(stack.url, stack.get("/enter/ada/")["cookie"], clients)


def is_free(port: int) -> bool:
    with socket.create_server(("127.0.0.1", port)):
        return True


def test_killed_clients_leave_no_rows_and_disturb_nobody(stack: Stack) -> None:
    cookie = stack.get("/enter/bob/")["cookie"]
    others = traffic(stack)
    with others.running():
        command = [
            sys.executable,
            "-m",
            "tests.e2e.client_traffic",
            stack.url,
            cookie,
            "6",
        ]
        clients = subprocess.Popen(command, cwd=ROOT)
        eventually(lambda: len(stack.get("/open/")["ids"]) == 10)
        clients.kill()
        clients.wait()
        eventually(lambda: len(stack.get("/open/")["ids"]) == 4, within=30)
        before = others.answers["reply"]
        eventually(lambda: others.answers["reply"] > before + 20)
    assert set(others.answers) == {"reply"}
    assert not others.unanswered
    eventually(lambda: not stack.get("/open/")["ids"])


def test_a_killed_django_closes_no_socket_and_leaves_no_process(stack: Stack) -> None:
    assert stack.process is not None
    clients = traffic(stack)
    with clients.running():
        eventually(lambda: clients.answers["reply"] > 20)
        os.kill(stack.get("/process/")["pid"], signal.SIGKILL)
        eventually(lambda: clients.answers["Internal server error"] > 20)
        eventually(lambda: stack.processes() == {stack.process.pid})
        django = stack.start("runserver", "--noreload", str(stack.django_port))
        try:
            before = clients.answers["reply"]
            eventually(lambda: clients.answers["reply"] > before + 20)
        finally:
            django.terminate()
            django.wait()
    assert not clients.closed
    assert not clients.unanswered
    assert set(clients.answers) == {"reply", "Internal server error"}


def test_a_killed_gateway_takes_django_with_it(stack: Stack) -> None:
    assert stack.process is not None
    clients = traffic(stack)
    with clients.running():
        eventually(lambda: clients.answers["reply"] > 20)
        stack.process.kill()
        stack.process.wait()
        eventually(lambda: not stack.processes(), within=30)
        eventually(lambda: clients.closed == 4, within=30)
    assert not clients.unanswered
    assert not listens(stack.port)
    assert is_free(stack.port)
    assert is_free(stack.django_port)
    with started(stack):
        assert len(stack.get("/open/")["ids"]) == 4
        an_hour_passes(stack)
        assert stack.get("/announce/anybody/")["gone"] == 4
        assert not stack.get("/open/")["ids"]


def an_hour_passes(stack: Stack) -> None:
    """Make the rows old: a 410 does not delete the row of a fresh handshake."""
    with closing(sqlite3.connect(stack.database, timeout=20)) as database, database:
        for table in ("wsrouter_openconnection", "wsrouter_membership"):
            database.execute(
                f"update {table} set stored_at = datetime('now', '-1 hour')"
            )
