"""The processes of one fan-out: the endpoint, and Celery's workers."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from json import loads
from pathlib import Path
from typing import Any

from tests.services.engines import Engine

SETTINGS = "tests.benchmarks.workers.settings"
_PATIENCE_SECONDS = 120.0


@dataclass
class Endpoint:
    """`got` is what it has told, once it has ended."""

    url: str
    got: dict[str, Any] = field(default_factory=dict)


@contextmanager
def endpoint(rate: float) -> Iterator[Endpoint]:
    command = [sys.executable, "-m", "tests.benchmarks.workers.throttled"]
    command += ["--rate", str(rate)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        found = Endpoint(f"http://127.0.0.1:{process.stdout.readline().strip()}/p")
        try:
            yield found
        finally:
            process.terminate()
            found.got |= loads(process.stdout.read())


@contextmanager
def workers(
    engine: Engine, count: int, folder: Path, variables: dict[str, str]
) -> Iterator[None]:
    """So many processes, ready for tasks."""
    with ExitStack() as stack:
        logs = [folder / f"worker{number}.log" for number in range(count)]
        for log in logs:
            log.unlink(missing_ok=True)
            stack.enter_context(_worker(engine, log, variables))
        end = time.monotonic() + _PATIENCE_SECONDS
        while not all("ready." in log.read_text() for log in logs):
            assert time.monotonic() < end, logs[0].read_text()[-4000:]
            time.sleep(0.1)
        yield


@contextmanager
def _worker(engine: Engine, log: Path, variables: dict[str, str]) -> Iterator[None]:
    with log.open("wb") as output:
        process = subprocess.Popen(
            engine.command,
            env={**os.environ, **engine.environment, **variables},
            stdout=output,
            stderr=output,
        )
    try:
        yield
    finally:
        process.kill()
        process.wait()
