"""Starts `ws_local` as a user does, in a process of its own."""

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from itertools import chain
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from urllib.request import urlopen

from websockets.sync.client import ClientConnection, connect

from tests.ports import free_port
from tests.processes import marked

PROJECT = Path(__file__).parent / "project"
TIMEOUT_SECONDS = 60.0


def eventually(holds: Callable[[], Any], *, within: float = TIMEOUT_SECONDS) -> Any:
    """Call `holds` until it returns something true, and return that; fails when
    `within` seconds pass."""
    deadline = time.monotonic() + within
    while time.monotonic() < deadline:
        if answer := holds():
            return answer
        time.sleep(0.05)
    raise AssertionError(f"The condition did not hold within {within:.0f} s.")


def listens(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), timeout=1).close()
    except OSError:
        return False
    return True


@contextmanager
def running_ws_local(
    manage: Sequence[str], log: Path, *ports: int, **options: Any
) -> "Iterator[None]":
    """Runs `ws_local` at its port and Django's until the block ends; `manage` is the
    command before it, `options` are Popen's."""
    named = zip(("--port", "--django-port"), map(str, ports), strict=True)
    with log.open("wb") as output:
        process = subprocess.Popen(
            [*manage, "ws_local", *chain(*named)],
            stdout=output,
            stderr=output,
            start_new_session=True,
            **options,
        )
    try:
        eventually(lambda: process.poll() is not None or all(map(listens, ports)))
        assert process.poll() is None, log.read_text()
        yield
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(timeout=TIMEOUT_SECONDS)


@dataclass
class Stack:
    """A local gateway, the Django behind it and their database."""

    database: Path
    project: Path = PROJECT
    port: int = field(default_factory=free_port)
    django_port: int = field(default_factory=free_port)
    process: "subprocess.Popen[bytes] | None" = None
    variables: dict[str, str] = field(default_factory=dict)
    path: str = "/production"

    @property
    def url(self) -> str:
        return f"ws://127.0.0.1:{self.port}{self.path or '/'}"

    @property
    def site(self) -> str:
        return f"http://127.0.0.1:{self.django_port}"

    @property
    def management_endpoint(self) -> str:
        return f"http://127.0.0.1:{self.port}{self.path}"

    @property
    def log(self) -> str:
        return self.database.with_suffix(".log").read_text()

    def migrate(self) -> None:
        """Give it the project's tables."""
        self.database.write_bytes(_migrated())

    def manage(self, *arguments: str) -> "subprocess.CompletedProcess[str]":
        """Run a management command to its end."""
        return subprocess.run(
            [sys.executable, "manage.py", *arguments],
            cwd=self.project,
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )

    def start(self, *arguments: str) -> "subprocess.Popen[bytes]":
        """Start a management command, with its output in the log."""
        with self.database.with_suffix(".log").open("ab") as log:
            return subprocess.Popen(
                [sys.executable, "manage.py", *arguments],
                cwd=self.project,
                env=self.environment,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    @property
    def environment(self) -> dict[str, str]:
        named = {"ROOM_DATABASE": str(self.database), "PYTHONUNBUFFERED": "1"}
        return {
            k: v for k, v in os.environ.items() if k != "DJANGO_SETTINGS_MODULE"
        } | {
            **named,
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",
            **self.variables,
        }

    def get(self, path: str) -> dict[str, Any]:
        """The JSON that a view of the project answers."""
        with urlopen(self.site + path, timeout=30) as answer:
            found: dict[str, Any] = json.load(answer)
        return found

    def connect(
        self, name: str = "ada", *, query: str = "", **options: Any
    ) -> ClientConnection:
        cookie = self.get(f"/enter/{name}/")["cookie"]
        return connect(
            self.url + query,
            additional_headers={"Cookie": cookie},
            **options,
        )

    def processes(self) -> set[int]:
        """Every process that was started for this stack and still runs."""
        return marked(f"ROOM_DATABASE={self.database}")

    def interrupt(self) -> int:
        """Press Ctrl-C; the exit status."""
        assert self.process is not None
        self.process.send_signal(signal.SIGINT)
        return self.process.wait(timeout=TIMEOUT_SECONDS)


@cache
def _migrated() -> bytes:
    """Cached, since migrating takes a process and seconds."""
    with TemporaryDirectory() as folder:
        stack = Stack(Path(folder) / "room.sqlite3")
        done = stack.manage("migrate", "--verbosity", "0")
        assert done.returncode == 0, done.stderr
        return stack.database.read_bytes()


@contextmanager
def running(stack: Stack, *options: str) -> Iterator[Stack]:
    """Migrate, and run `ws_local` while inside the block."""
    stack.migrate()
    with started(stack, *options):
        yield stack


@contextmanager
def started(stack: Stack, *options: str) -> Iterator[Stack]:
    """Run `ws_local` on the database that exists, while inside the block."""
    ports = ["--port", str(stack.port), "--django-port", str(stack.django_port)]
    stack.process = stack.start("ws_local", *ports, *options)
    try:
        eventually(lambda: stack.process.poll() is not None or _is_ready(stack))
        assert stack.process.poll() is None, stack.log
        yield stack
    finally:
        if stack.process.poll() is None:
            stack.interrupt()


def copied(folder: Path) -> Stack:
    """A stack whose project may be edited."""
    project = folder / "project"
    shutil.copytree(PROJECT, project, ignore=shutil.ignore_patterns("__pycache__"))
    return Stack(folder / "room.sqlite3", project=project)


def _is_ready(stack: Stack) -> bool:
    return listens(stack.port) and listens(stack.django_port)


def ask(client: ClientConnection, action: str, payload: Any = None) -> dict[str, Any]:
    """Send a message; the next frame."""
    client.send(json.dumps({"action": action, "id": "1", "payload": payload}))
    return frame(client)


def frame(client: ClientConnection) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(client.recv(timeout=30))
    return found
