"""`ws_local` in a process of its own, as a user runs it in a terminal."""

import json
import os
import signal
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from websockets.sync.client import ClientConnection, connect

from tests.local.recording_backend import wait_until
from tests.ports import free_port

ROOT = Path(__file__).parents[2]
READY = "Quit with CONTROL-C."


@dataclass(kw_only=True)
class Site:
    """A migrated project on a database of its own."""

    database: Path

    @property
    def environment(self) -> dict[str, str]:
        return {
            **os.environ,
            "PYTHONPATH": str(ROOT),
            "PYTHONUNBUFFERED": "1",
            "WSROUTER_TEST_SITE_DATABASE": str(self.database),
            "DJANGO_SETTINGS_MODULE": "tests.local.site.settings",
            "AWS_ACCESS_KEY_ID": "local",
            "AWS_SECRET_ACCESS_KEY": "local",
        }

    def manage(self, *arguments: str) -> list[str]:
        return [sys.executable, "-m", "django", *arguments]

    def migrate(self) -> None:
        self.database.write_bytes(_migrated())

    def rows(self) -> int:
        with closing(sqlite3.connect(self.database)) as connection:
            counted = connection.execute("select count(*) from wsrouter_openconnection")
            return int(counted.fetchone()[0])


@cache
def _migrated() -> bytes:
    """Cached, since migrating takes a process and seconds."""
    with TemporaryDirectory() as folder:
        site = Site(database=Path(folder) / "db.sqlite3")
        command = site.manage("migrate", "--verbosity", "0")
        subprocess.run(command, check=True, env=site.environment, cwd=ROOT)
        return site.database.read_bytes()


@dataclass(kw_only=True)
class WsLocalProcess:
    """A running `ws_local` and the lines of its output so far."""

    process: "subprocess.Popen[str]"
    port: int
    django_port: int
    lines: list[str] = field(default_factory=list)

    def read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.lines.append(line.rstrip("\n"))

    def wait_for(self, text: str) -> str:
        wait_until(lambda: any(text in line for line in self.lines), 30)
        return next(line for line in self.lines if text in line)

    def connect(self, query: str = "", **options: Any) -> ClientConnection:
        url = f"ws://127.0.0.1:{self.port}/production{query}"
        return connect(url, proxy=None, **options)


@contextmanager
def running(
    site: Site, *options: str, manage: list[str] | None = None
) -> Iterator[WsLocalProcess]:
    port, django_port = free_port(), free_port()
    arguments = ["ws_local", "--port", str(port), "--django-port", str(django_port)]
    process = subprocess.Popen(
        [*(manage or site.manage()), *arguments, *options],
        env=site.environment,
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    command = WsLocalProcess(process=process, port=port, django_port=django_port)
    reader = threading.Thread(target=command.read)
    reader.start()
    try:
        wait_until(lambda: READY in command.lines or process.poll() is not None, 40)
        yield command
    finally:
        end(command, reader)


def end(command: WsLocalProcess, reader: threading.Thread) -> None:
    """Press Ctrl-C. The pipe ends only when every descendant has ended."""
    if command.process.poll() is None:
        command.process.send_signal(signal.SIGINT)
    command.process.wait(60)
    reader.join(30)
    assert not reader.is_alive(), "a process was left behind"
    assert command.process.stdout is not None
    command.process.stdout.close()


def ask(client: ClientConnection, action: str, payload: Any = None) -> dict[str, Any]:
    client.send(json.dumps({"action": action, "id": "1", "payload": payload}))
    frame: dict[str, Any] = json.loads(client.recv(timeout=30))
    return frame
