"""What is measured, each in a process of its own, and what it takes."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

_TICKS = os.sysconf("SC_CLK_TCK")
_PATIENCE_SECONDS = 60.0


@dataclass(frozen=True)
class Measured:
    """A server that listens."""

    process: int
    port: int

    def cpu(self) -> float:
        """Seconds that it and its children have worked so far."""
        return sum(map(_cpu, [self.process, *_children(self.process)]))

    def kib(self, name: str = "Pss") -> int:
        """Its memory; `Pss` shares what is shared, `Rss` does not."""
        rollup = Path(f"/proc/{self.process}/smaps_rollup").read_text()
        lines = (line.split() for line in rollup.splitlines()[1:])
        return next(int(line[1]) for line in lines if line[0] == f"{name}:")


@contextmanager
def granian(folder: Path, application: str) -> Iterator[Measured]:
    port = free_port()
    command = ["granian", "--interface", "wsgi", "--workers", "1", "--no-access-log"]
    command += ["--log-level", "warning", "--host", "127.0.0.1", "--port", str(port)]
    command.append(f"tests.benchmarks.gateway.applications:{application}")
    with running(command, folder, port) as server:
        yield server


@contextmanager
def ws_local(folder: Path, django: Measured, *options: str) -> Iterator[Measured]:
    """Its output goes to a file, as it does where nobody looks."""
    port, endpoint = free_port(), f"http://127.0.0.1:{django.port}/ws/"
    command = ["django", "ws_local", "--no-django", "--port", str(port), *options]
    with running(command, folder, port, BENCH_ENDPOINT=endpoint) as server:
        yield server


def environment(folder: Path) -> dict[str, str]:
    return {
        "DJANGO_SETTINGS_MODULE": "tests.benchmarks.gateway.settings",
        "BENCH_DATABASE": str(folder / "bench.sqlite3"),
    }


@contextmanager
def running(
    command: list[str], folder: Path, port: int, **variables: str
) -> Iterator[Measured]:
    with (
        (folder / f"{command[0]}.log").open("ab") as output,
        subprocess.Popen(
            [sys.executable, "-m", *command],
            env=os.environ | environment(folder) | variables,
            stdout=output,
            stderr=output,
        ) as process,
    ):
        try:
            _wait_for(port, process, Path(output.name))
            yield Measured(process.pid, port)
        finally:
            process.terminate()


def _wait_for(port: int, process: "subprocess.Popen[bytes]", log: Path) -> None:
    end = time.monotonic() + _PATIENCE_SECONDS
    while time.monotonic() < end and process.poll() is None:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.1)
    raise RuntimeError(f"nobody listens at {port}: {log.read_text()[-2000:]}")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _cpu(process: int) -> float:
    fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2]
    return sum(map(int, fields.split()[11:13])) / _TICKS


def _children(process: int) -> list[int]:
    found: list[int] = []
    for task in Path(f"/proc/{process}/task").glob("*/children"):
        with suppress(OSError):  # a thread that has ended meanwhile
            found += map(int, task.read_text().split())
    return found
