"""`demo.py` from its first line to its last process."""

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from http.cookiejar import CookieJar
from pathlib import Path
from urllib.parse import urlencode
from urllib.request import HTTPCookieProcessor, build_opener

import pytest

from tests.e2e.ws_local_stack import eventually, listens
from tests.examples.notifications import PROJECT
from tests.ports import free_port
from tests.processes import marked

UP = "Ctrl-C ends it."


class Demo:
    """A copy of the example, and its running demo."""

    def __init__(self, folder: Path) -> None:
        self.project = folder / "notifications"
        shutil.copytree(
            PROJECT,
            self.project,
            ignore=shutil.ignore_patterns("__pycache__", "db.sqlite3", "*.log"),
        )
        self.ports = (free_port(), free_port())
        self.mark = f"DEMO_OF_A_TEST={folder}"

    @contextmanager
    def running(self, *options: str) -> Iterator["subprocess.Popen[bytes]"]:
        name, _, value = self.mark.partition("=")
        inherited = {k: v for k, v in os.environ.items() if "DJANGO" not in k}
        port, django_port = map(str, self.ports)
        places = ["--port", port, "--django-port", django_port]
        with self.transcript.open("wb") as said:
            process = subprocess.Popen(
                [sys.executable, "demo.py", *places, *options],
                cwd=self.project,
                env=inherited | {name: value, "PYTHONUNBUFFERED": "1"},
                stdout=said,
                stderr=said,
                start_new_session=True,
            )
        try:
            yield process
        finally:
            if process.poll() is None:
                process.send_signal(signal.SIGINT)
            process.wait(120)

    @property
    def transcript(self) -> Path:
        return self.project / "transcript.txt"

    @property
    def said(self) -> str:
        return self.transcript.read_text()

    def processes(self) -> set[int]:
        return marked(self.mark)


@pytest.fixture
def demo(tmp_path: Path) -> Demo:
    return Demo(tmp_path)


def test_with_once_it_reports_success_and_stops(demo: Demo) -> None:
    with demo.running("--once") as process:
        assert process.wait(240) == 0, demo.said
    assert "Every step held." in demo.said
    assert "The page is" not in demo.said
    assert not demo.processes()


def visit(site: str) -> None:
    """Log in as the page says, and see in the admin what is published."""
    opener = build_opener(HTTPCookieProcessor(cookies := CookieJar()))

    def page(path: str, **form: str) -> str:
        data = urlencode(form).encode() if form else None
        with opener.open(site + path, data, timeout=30) as answer:
            return str(answer.read().decode())

    assert "Log in as demo, with the password demo." in page("/login/")
    token = next(cookie.value or "" for cookie in cookies if cookie.name == "csrftoken")
    page("/login/", username="demo", password="demo", csrfmiddlewaretoken=token)
    gateway = page("/admin/wsrouter/openconnection/gateways/default/")
    assert "In sync: nothing to do." in gateway


def test_after_a_signal_no_process_is_left(demo: Demo) -> None:
    with demo.running() as process:
        eventually(lambda: process.poll() is not None or UP in demo.said, within=240)
        assert process.poll() is None, demo.said
        assert f"The page is http://127.0.0.1:{demo.ports[1]}/" in demo.said
        assert all(map(listens, demo.ports))
        assert "Browsers send no cookies" not in demo.said
        visit(f"http://127.0.0.1:{demo.ports[1]}")
        before = demo.processes()
        assert len(before) >= 4, before  # itself, MiniStack, ws_local, Django
        process.terminate()
        process.wait(120)
    assert not demo.processes()
    assert not any(map(listens, demo.ports))
