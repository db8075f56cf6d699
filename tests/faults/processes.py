"""The processes of a run, which are killed and started again."""

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from tests.processes import process_tree

ROOT = Path(__file__).parents[2]
STOP_SECONDS = 60


@dataclass(kw_only=True)
class Process:
    """A program of `kind`, in a session of its own; its output goes to `log`.
    `variables` are added to the environment; `user` runs it instead of root."""

    kind: str
    command: Sequence[str]
    log: Path
    listener: socket.socket | None = None
    variables: Mapping[str, str] = field(default_factory=dict)
    user: str | None = None
    folder: Path = ROOT
    kills: int = 0
    running: "subprocess.Popen[bytes] | None" = field(default=None, repr=False)

    def start(self) -> None:
        handed = [self.listener.fileno()] if self.listener else []
        named = {"PYTHONPATH": str(ROOT), "PYTHONUNBUFFERED": "1", **self.variables}
        as_user = {"user": self.user, "extra_groups": []} if self.user else {}
        with self.log.open("ab") as log:
            self.running = subprocess.Popen(
                self.command,
                cwd=self.folder,
                env=os.environ | named,
                stdout=log,
                stderr=log,
                pass_fds=handed,
                start_new_session=True,
                **as_user,  # type: ignore[call-overload]
            )

    def kill(self) -> bool:
        """False where it does not run."""
        if self.running is None:
            return False
        self.signal(signal.SIGKILL)
        self.running.wait(STOP_SECONDS)
        self.running, self.kills = None, self.kills + 1
        return True

    def family(self) -> list[int]:
        """Its processes, that which was started first: servers of databases have some
        in sessions of their own."""
        return process_tree(self.running.pid) if self.running else []

    def signal(self, number: signal.Signals) -> None:
        """To all of its processes."""
        for pid in self.family():
            with suppress(ProcessLookupError):
                os.kill(pid, number)

    def stop(self) -> None:
        """Let it end what it is at."""
        if self.running is None:
            return
        self.running.terminate()
        try:
            self.running.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self.kill()
        self.running = None

    def check(self) -> None:
        """It must not have ended by itself."""
        if self.running is not None and self.running.poll() is not None:
            tail = self.log.read_text(errors="replace")[-4000:]
            raise RuntimeError(f"{self.kind} has ended by itself:\n{tail}")


def python(*arguments: str) -> list[str]:
    return [sys.executable, "-W", "error", "-m", *arguments]


def django(number: int, listener: socket.socket, folder: Path) -> Process:
    """One of the servers of the same port; every second one has the fast path."""
    application = f"tests.faults.site.servers:{('plain', 'fast')[number % 2]}"
    uvicorn = python("uvicorn", application, "--fd", str(listener.fileno()))
    return Process(
        kind="django",
        command=[*uvicorn, "--lifespan", "off", "--no-access-log"],
        log=folder / f"django-{number}.log",
        listener=listener,
    )


def gateway(port: int, folder: Path, *options: str) -> Process:
    command = python("django", "ws_local", "--no-django", "--json", "--port", str(port))
    return Process(
        kind="gateway", command=[*command, *options], log=folder / "gateway.log"
    )


def publisher(
    number: int, pause: float, folder: Path, site: str = "tests.faults.site"
) -> Process:
    name = f"publisher-{number}"
    command = python(f"{site}.publish", name, str(pause))
    return Process(kind="publisher", command=command, log=folder / f"{name}.log")


def reaper(folder: Path, site: str = "tests.faults.site") -> Process:
    command = python(f"{site}.reap")
    return Process(kind="reaper", command=command, log=folder / "reaper.log")
