"""Servers in processes of their own, the sockets that they post to, and a caller."""

import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

from tests.databases import REQUIRED
from tests.django.events import headers
from tests.ports import free_port

TIMEOUT_SECONDS = 60
MEMBERS = 12
HOST = "127.0.0.1"
SERVERS = {
    "gunicorn sync": ("wsgi", "gunicorn {app} --workers 1 --bind {host}:{port}"),
    "gunicorn gthread": (
        "wsgi",
        "gunicorn {app} --workers 1 --threads 4 --keep-alive 75 --bind {host}:{port}",
    ),
    "gunicorn gevent": (
        "wsgi",
        "gunicorn {app} --workers 1 --worker-class gevent --bind {host}:{port}",
    ),
    "Granian WSGI": (
        "wsgi",
        "granian --interface wsgi {app} --workers 1 --host {host} --port {port}",
    ),
    "waitress": ("wsgi", "waitress --listen {host}:{port} {app}"),
    "uvicorn": (
        "asgi",
        "uvicorn {app} --lifespan off --host {host} --port {port}",
    ),
    "Granian ASGI": (
        "asgi",
        "granian --interface asginl {app} --workers 1 --host {host} --port {port}",
    ),
}


class Sockets(ThreadingHTTPServer):
    """`@connections`: posts are answered when `may_answer` is set."""

    daemon_threads = True

    def __init__(self) -> None:
        self.may_answer = threading.Event()
        self.may_answer.set()
        self.begun: list[str] = []
        self.answered: list[str] = []
        super().__init__((HOST, 0), _Post)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/p"


class _Post(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Sockets

    def do_POST(self) -> None:
        frame = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.server.begun.append(frame["payload"])
        self.server.may_answer.wait(TIMEOUT_SECONDS)
        with suppress(OSError):
            self.send_response(200)
            self.send_header("Content-Length", "0")
            self.end_headers()
            self.server.answered.append(frame["payload"])

    def log_message(self, *_: Any) -> None: ...


@contextmanager
def sockets() -> Iterator[Sockets]:
    with Sockets() as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        try:
            yield server
        finally:
            server.may_answer.set()
            server.shutdown()
            thread.join()


class Site:
    """A server with members in its room."""

    def __init__(self, process: "subprocess.Popen[bytes]", port: int) -> None:
        self.process = process
        self.port = port
        self.ids = [f"Member{number:04d}000=" for number in range(MEMBERS)]

    @contextmanager
    def caller(self) -> Iterator[HTTPConnection]:
        with closing(HTTPConnection(HOST, self.port, timeout=TIMEOUT_SECONDS)) as made:
            yield made

    def accepts(self) -> bool:
        """Whether it takes new connections; it does not while it stops."""
        with self.caller() as caller, suppress(OSError):
            caller.connect()
            return True
        return False

    def post(
        self,
        event: str,
        connection_id: str,
        action: str = "",
        text: str = "",
        *,
        caller: HTTPConnection | None = None,
    ) -> Any:
        """The frame that answers an event."""
        if caller is None:
            with self.caller() as new:
                return self.post(event, connection_id, action, text, caller=new)
        body = json.dumps({"action": action, "id": "1", "payload": text})
        sent = headers(event, action, connection_id=connection_id)
        sent["Content-Type"] = "application/json"
        caller.request("POST", "/ws/", body if action else "", sent)
        response = caller.getresponse()
        content = response.read()
        assert response.status == 200, content
        return json.loads(content) if content else None


def needs(server: str) -> None:
    """Skip the test where the server is not installed: `nox -s servers` has all."""
    module = server.split()[0].lower()
    names = [module] + (["gevent"] if "gevent" in server else [])
    for name in names:
        if find_spec(name) is None and not REQUIRED:
            pytest.skip(f"{name} is not installed.")


@contextmanager
def running(server: str, is_fast: bool, folder: Path, url: str) -> Iterator[Site]:
    interface, line = SERVERS[server]
    port = free_port()
    app = f"tests.servers.site:{interface}{'_fast' if is_fast else ''}"
    command = [
        sys.executable,
        "-m",
        *line.format(app=app, host=HOST, port=port).split(),
    ]
    environment = os.environ | {
        "DJANGO_SETTINGS_MODULE": "tests.servers.settings",
        "SITE_DATABASE": str(folder / "site.sqlite3"),
        "SITE_SOCKETS": url,
        "AWS_ACCESS_KEY_ID": "AKIDEXAMPLE",
        "AWS_SECRET_ACCESS_KEY": "secret",
        "PYTHONUNBUFFERED": "1",
    }
    migrate = [sys.executable, "-m", "django", "migrate", "--verbosity", "0"]
    subprocess.run(migrate, env=environment, check=True)
    with (
        (folder / "server.log").open("ab") as log,
        subprocess.Popen(command, env=environment, stdout=log, stderr=log) as process,
    ):
        site = Site(process, port)
        try:
            wait_for(lambda: site.accepts() or process.poll() is not None)
            assert process.poll() is None, (folder / "server.log").read_text()
            for name in site.ids:
                site.post("CONNECT", name)
            yield site
        finally:
            process.kill()


def wait_for(condition: Callable[[], object]) -> None:
    end = time.monotonic() + TIMEOUT_SECONDS
    while not condition():
        assert time.monotonic() < end, "It has not come about."
        time.sleep(0.02)
