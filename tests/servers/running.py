"""Servers in processes of their own, the sockets that they post to, and a caller."""

import json
import os
import shlex
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
    "gunicorn sync": (
        "-m gunicorn {wsgi} --workers 1 --bind {bind} --http-parser python"
    ),
    "gunicorn gthread": (
        "-m gunicorn {wsgi} --workers 1 --threads 4 --keep-alive 75 --bind {bind}"
        " --http-parser fast"
    ),
    "gunicorn gevent": (
        "-m gunicorn {wsgi} --workers 1 --worker-class gevent --bind {bind}"
    ),
    "Granian WSGI": (
        "-m granian --interface wsgi {wsgi} --workers 1 --host {host} --port {port}"
    ),
    "waitress": "-m waitress --listen {bind} {wsgi}",
    "uWSGI": (
        "uwsgi --http-socket {bind} --module {wsgi} --master --processes 1 --threads 2"
        " --enable-threads"
        " --hook-master-start 'unix_signal:15 gracefully_kill_them_all'"
    ),
    "uWSGI without threads": (
        "uwsgi --http-socket {bind} --module {wsgi} --master --processes 2"
        " --hook-master-start 'unix_signal:15 gracefully_kill_them_all'"
    ),
    "runserver": "-m django runserver --noreload {bind}",
    "uvicorn": "-m uvicorn {asgi} --lifespan off --host {host} --port {port}",
    "Granian ASGI": (
        "-m granian --interface asginl {asgi} --workers 1 --host {host} --port {port}"
    ),
    "daphne": "-m daphne -b {host} -p {port} {asgi}",
}
STOPPING = (
    "Handling signal: term",
    "graceful shutdown triggered",
    "pending application instances",
)


class Sockets(ThreadingHTTPServer):
    """`@connections`: posts are answered when `may_answer` is set. `reached` has the
    connections; a post that was given up and repeated is answered twice."""

    daemon_threads = True

    def __init__(self) -> None:
        self.may_answer = threading.Event()
        self.may_answer.set()
        self.begun: list[str] = []
        self.answered: list[str] = []
        self.reached: set[str] = set()
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
            self.server.reached.add(self.path)

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

    def __init__(
        self, process: "subprocess.Popen[bytes]", port: int, log: Path, members: int
    ) -> None:
        self.process = process
        self.port = port
        self._log = log
        self.ids = [f"Member{number:04d}000=" for number in range(members)]

    @contextmanager
    def caller(self) -> Iterator[HTTPConnection]:
        with closing(HTTPConnection(HOST, self.port, timeout=TIMEOUT_SECONDS)) as made:
            yield made

    def stops(self) -> bool:
        """Some take new connections until they have ended, and say in their log that
        they stop."""
        says_so = any(words in self._log.read_text() for words in STOPPING)
        return says_so or not self.accepts() or self.process.poll() is not None

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
    module = {"runserver": "django"}.get(server, server.split()[0].lower())
    names = [module] + (["gevent"] if "gevent" in server else [])
    names = ["pyuwsgi" if name == "uwsgi" else name for name in names]
    for name in names:
        if find_spec(name) is None and not REQUIRED:
            pytest.skip(f"{name} is not installed.")


@contextmanager
def running(
    server: str, is_fast: bool, folder: Path, url: str, *, members: int = MEMBERS
) -> Iterator[Site]:
    port = free_port()
    environment = os.environ | {
        "SITE_APPLICATION": application("wsgi", is_fast).replace(":", "."),
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
        subprocess.Popen(
            command(server, is_fast, port), env=environment, stdout=log, stderr=log
        ) as process,
    ):
        site = Site(process, port, folder / "server.log", members)
        try:
            wait_for(lambda: site.accepts() or process.poll() is not None)
            assert process.poll() is None, (folder / "server.log").read_text()
            for name in site.ids:
                site.post("CONNECT", name)
            yield site
        finally:
            process.kill()


def command(server: str, is_fast: bool, port: int) -> list[str]:
    """The server's program is in the folder of this Python, like its modules."""
    line = SERVERS[server].format(
        wsgi=application("wsgi", is_fast),
        asgi=application("asgi", is_fast),
        bind=f"{HOST}:{port}",
        host=HOST,
        port=port,
    )
    program, *arguments = shlex.split(line)
    if program == "-m":
        return [sys.executable, program, *arguments]
    return [str(Path(sys.executable).parent / program), *arguments]


def application(interface: str, is_fast: bool) -> str:
    return f"tests.servers.site:{interface}{'_fast' if is_fast else ''}"


def wait_for(condition: Callable[[], object]) -> None:
    end = time.monotonic() + TIMEOUT_SECONDS
    while not condition():
        assert time.monotonic() < end, "It has not come about."
        time.sleep(0.02)
