"""MiniStack, an emulator of AWS, as a process on a free loopback port.

Import the fixture where it is wanted:

    from tests.ministack import ministack_url  # noqa: F401
"""

import os
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.ports import free_port

HOST = "127.0.0.1"
READY_SECONDS = 60


@pytest.fixture(scope="session")
def ministack_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The endpoint URL of a MiniStack that lives as long as the test session."""
    with running(tmp_path_factory.mktemp("ministack")) as url:
        yield url


@contextmanager
def running(folder: Path, services: str = "apigateway,lambda") -> Iterator[str]:
    """Run a MiniStack with these services; its files and its log are in `folder`."""
    port = free_port()
    url = f"http://{HOST}:{port}"
    log = folder / "log.txt"
    with log.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "ministack"],
            env={**os.environ, **_settings(port, folder), "SERVICES": services},
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    try:
        _wait_for(url, process, log)
        yield url
    finally:
        _end(process)


def _end(process: "subprocess.Popen[bytes]") -> None:
    process.terminate()
    try:
        process.wait(timeout=10)
    except subprocess.TimeoutExpired:  # it waits for clients that are gone
        process.kill()
        process.wait()


def _settings(port: int, folder: Path) -> dict[str, str]:
    """Only on loopback, and no servers for other protocols."""
    return {
        "BIND_HOST": HOST,
        "GATEWAY_PORT": str(port),
        "IOT_MTLS_ENABLED": "0",
        "MINISTACK_HOST": "localhost",
        "SFTP_ENABLED": "0",
        "TMPDIR": str(folder),
    }


def _wait_for(url: str, process: "subprocess.Popen[bytes]", log: Path) -> None:
    deadline = time.monotonic() + READY_SECONDS
    while process.poll() is None and time.monotonic() < deadline:
        try:
            with urllib.request.urlopen(f"{url}/_ministack/health", timeout=5):
                return
        except (urllib.error.URLError, OSError):
            time.sleep(0.1)
    raise RuntimeError(f"MiniStack did not start: {log.read_text()}")
