"""Starts the processes that send and work, and waits for them."""

import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.services.engines import Engine

TIMEOUT_SECONDS = 1800
"""Only a test that fails takes as long, however slow the machine is."""
HERE = Path(__file__).parents[2]


@contextmanager
def worker(
    engine: Engine, environment: dict[str, str], log: Path
) -> Iterator["subprocess.Popen[bytes]"]:
    with log.open("ab") as output:
        process = subprocess.Popen(
            engine.command, env=environment, cwd=HERE, stdout=output, stderr=output
        )
    try:
        yield process
    finally:
        process.kill()
        process.wait()


def run(environment: dict[str, str], *arguments: str) -> str:
    done = subprocess.run(
        [sys.executable, "-m", *arguments],
        env=environment,
        cwd=HERE,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def until(true: Callable[[], bool], log: Path, act: Callable[[], object]) -> None:
    end = time.monotonic() + TIMEOUT_SECONDS
    while not true():
        assert time.monotonic() < end, log.read_text()[-4000:]
        act()
