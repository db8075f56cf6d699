"""Somebody with an empty folder, a shell and a page of docs/tutorial."""

import os
import re
import signal
import subprocess
from contextlib import ExitStack
from pathlib import Path

from tests import tutorial
from tests.e2e.ws_local_stack import eventually, listens
from tests.ports import free_port

EMULATOR = "http://127.0.0.1:4566"
LEFT_OUT = ("DJANGO", "EXAMPLE", "PYTEST", "PYTHON", "VIRTUAL_ENV", "WSROUTER")
# One line that runs until Ctrl-C, and what it listens at.
SERVER = re.compile(r"(?:[A-Z_]+=\S+ )*python (?:manage.py (\w+)|-m (\w+))\n\Z", re.M)
STOP_SECONDS = 30


class Newcomer:
    """Follows the pages with the ports that are free here. What a command prints is
    in `printed`; `wheels` stands for the package index."""

    def __init__(self, folder: Path, wheels: Path) -> None:
        self.folder, self.printed = folder / "chat", ""
        self.folder.mkdir()
        self._profile, self._log = folder / "profile.sh", folder / "servers.log"
        self.django_port, self.port, self._emulator_port = (
            free_port() for _ in range(3)
        )
        self._environment = {
            **{k: v for k, v in os.environ.items() if not k.startswith(LEFT_OUT)},
            "GATEWAY_PORT": str(self._emulator_port),
            "PIP_FIND_LINKS": str(wheels),
            "WSROUTER_MANAGEMENT_ENDPOINT": f"http://127.0.0.1:{self.port}/production",
        }
        self._django: subprocess.Popen[bytes] | None = None
        self._servers = ExitStack()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.django_port}"

    def __enter__(self) -> "Newcomer":
        return self

    def __exit__(self, *_: object) -> None:
        self._servers.close()

    def follow(self, part: str) -> None:
        for block in tutorial.blocks(part):
            if block.reason:
                continue
            if block.language != "console":
                block.write(self.folder)
            elif server := SERVER.search(block.text):
                self.run(block.text[: server.start()])
                self._serve(server)
            else:
                self.run(block.text)
        tutorial.copy_linked_files(part, self.folder)

    def run(self, commands: str) -> None:
        """In a new shell, with what former commands have exported."""
        local = commands.replace(EMULATOR, f"http://127.0.0.1:{self._emulator_port}")
        self._profile.touch()
        script = f". {self._profile}\nset -euo pipefail\n{local}\nexport -p"
        done = subprocess.run(
            ["bash", "-c", f"{script} > {self._profile}"],
            cwd=self.folder,
            env=self._environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=600,
            check=False,
        )
        self.printed = done.stdout
        assert done.returncode == 0, f"{commands}\n{done.stdout}"

    def _serve(self, server: "re.Match[str]") -> None:
        ports = {
            "runserver": (f"127.0.0.1:{self.django_port}", [self.django_port]),
            "ws_local": (
                f"--port {self.port} --django-port {self.django_port}",
                [self.port, self.django_port],
            ),
            "ministack": ("", [self._emulator_port]),
        }
        options, listened = ports[server[1] or server[2]]
        if server[1]:
            self._stop(self._django)
        command = f"exec env {server[0].strip()} {options}"
        with self._log.open("ab") as log:
            process = subprocess.Popen(
                ["bash", "-c", f". {self._profile}\n{command}"],
                cwd=self.folder,
                env=self._environment,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        self._servers.callback(self._stop, process)
        self._django = process if server[1] else self._django
        eventually(lambda: process.poll() is not None or all(map(listens, listened)))
        assert process.poll() is None, self._log.read_text()

    def _stop(self, process: "subprocess.Popen[bytes] | None") -> None:
        if process is not None and process.poll() is None:
            os.killpg(process.pid, signal.SIGINT)
            process.wait(STOP_SECONDS)
