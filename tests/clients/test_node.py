"""JavaScript clients that were written for AWS: wscat and the AWS SDK."""

import json
import os
import shutil
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Timer
from typing import Any

import pytest

from tests.e2e.ws_local_stack import TIMEOUT_SECONDS, Stack, running
from tests.programs import program

HERE = Path(__file__).parent
FILES = ("package.json", "package-lock.json", "connections.js")


@pytest.fixture(scope="module")
def packages(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with both clients, in the versions that package.json names."""
    npm = program("npm")
    folder = tmp_path_factory.mktemp("node")
    for name in FILES:
        shutil.copy(HERE / name, folder)
    subprocess.run(
        [npm, "ci", "--no-audit", "--no-fund", "--ignore-scripts"],
        cwd=folder,
        check=True,
        timeout=300,
    )
    return folder


@pytest.fixture(scope="module")
def stack(packages: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    database = tmp_path_factory.mktemp("clients") / "room.sqlite3"
    with running(Stack(database)) as started:
        yield started


class Wscat:
    """A running wscat, and the lines that it prints."""

    def __init__(self, process: "subprocess.Popen[str]") -> None:
        self.process = process

    def line(self) -> str:
        assert self.process.stdout is not None
        return self.process.stdout.readline().strip()

    def frame(self) -> dict[str, Any]:
        line = self.line()
        assert line.startswith("{"), line
        found: dict[str, Any] = json.loads(line)
        return found

    def ended(self) -> int:
        """Wait for its end, which comes with the end of the connection; the exit
        status."""
        return self.process.wait(TIMEOUT_SECONDS)


@contextmanager
def wscat(packages: Path, stack: Stack, *options: str) -> Iterator[Wscat]:
    url = f"ws://127.0.0.1:{stack.port}/production"
    # As users type it. `--no` forbids fetching what is not in the folder.
    command = [program("npx"), "--no", "--", "wscat", "--no-color", "-c", url]
    with subprocess.Popen(
        [*command, *options],
        cwd=packages,
        env={**os.environ, "NPM_CONFIG_LOGLEVEL": "error"},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    ) as process:
        timeout = Timer(TIMEOUT_SECONDS, os.killpg, (process.pid, signal.SIGKILL))
        timeout.start()
        try:
            yield Wscat(process)
        finally:
            timeout.cancel()
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGTERM)


def logged_in(stack: Stack) -> list[str]:
    return ["-H", f"Cookie: {stack.get('/enter/ada/')['cookie']}", "-w", "-1"]


def message(action: str, payload: Any = None) -> list[str]:
    return ["-x", json.dumps({"action": action, "id": "1", "payload": payload})]


def test_wscat_gets_a_reply(packages: Path, stack: Stack) -> None:
    options = logged_in(stack) + message("say", {"text": "ho", "times": 2})
    with wscat(packages, stack, *options) as client:
        assert client.frame() == {
            "type": "reply",
            "action": "say",
            "id": "1",
            "payload": {"text": "hoho", "by": "ada"},
        }


def test_wscat_sees_why_it_is_refused(packages: Path, stack: Stack) -> None:
    with wscat(packages, stack) as anonymous:
        assert anonymous.line() == "error: Unexpected server response: 401"
        assert anonymous.ended() != 0


def test_the_aws_sdk_posts_reads_and_deletes(packages: Path, stack: Stack) -> None:
    with wscat(packages, stack, *logged_in(stack), *message("who.am.i")) as client:
        connection_id = client.frame()["payload"]
        seen = json.loads(
            subprocess.check_output(
                ["node", "connections.js", stack.management_endpoint, connection_id],
                cwd=packages,
                timeout=60,
            )
        )
        assert client.frame() == {"type": "hello"}
        assert client.ended() == 0
    times = [
        datetime.fromisoformat(seen.pop(k)) for k in ("connectedAt", "lastActiveAt")
    ]
    assert times[0] <= times[1]
    assert datetime.now(UTC) - times[0] < timedelta(minutes=5)
    assert seen == {
        "posted": 200,
        "sourceIp": "127.0.0.1",
        "deleted": 204,
        "gone": 410,
    }
