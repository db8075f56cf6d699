"""A demo in a new environment of nox, as the README starts it."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from tests.e2e.ws_local_stack import eventually, listens
from tests.processes import marked

ROOT = Path(__file__).parents[3]
INSTALL_SECONDS = 400
STOP_SECONDS = 60


@contextmanager
def running(name: str, folder: Path, **ports: int) -> Iterator[Path]:
    """The demo until the block ends, with what it says in the file. No process of it
    is left then."""
    mark = f"DEMO_OF_A_TEST={folder}"
    said = folder / "said.txt"
    with said.open("wb") as log:
        process = subprocess.Popen(
            [*_nox(folder), name, *_options(ports)],
            cwd=ROOT,
            env=_environment(mark, folder),
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
    try:
        eventually(
            lambda: process.poll() is not None or all(map(listens, ports.values())),
            within=INSTALL_SECONDS,
        )
        assert process.poll() is None, said.read_text()
        yield said
    finally:
        os.killpg(process.pid, signal.SIGINT)  # as Ctrl-C does
        process.wait(STOP_SECONDS)
    eventually(lambda: not marked(mark))


def _nox(folder: Path) -> list[str]:
    nox = [sys.executable, "-m", "nox", "--envdir", str(folder / "nox")]
    return [*nox, "-s", "demo", "--"]


def _options(ports: dict[str, int]) -> Sequence[str]:
    return [
        word
        for name, port in ports.items()
        for word in (f"--{name.replace('_', '-')}", str(port))
    ]


def _environment(mark: str, folder: Path) -> dict[str, str]:
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("DJANGO", "PY"))}
    name, _, value = mark.partition("=")
    return kept | {
        name: value,
        "EXAMPLE_DATABASE": str(folder / "db.sqlite3"),
        "EXAMPLE_QUEUE": str(folder / "queue"),
    }
