"""What a logout costs while `@connections` hangs, refuses or is slow, and what it costs
everybody else.

    python -m tests.benchmarks.logouts [SERVER ...]

Real servers (those of tests/servers). For each kind of gateway and number of sockets:
the median and the worst of several logouts, and the worst of the other requests that
were made meanwhile. A logout may take 0.1 s longer than one without sockets.
"""

import os
import socket
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median

from tests.benchmarks.serving import stub
from tests.django.events import headers
from tests.ports import free_port
from tests.servers.running import HOST, Site, running

LOGOUTS = 7
SOCKETS = 0, 1, 300
DEFAULT = "gunicorn gthread", "gunicorn sync", "uvicorn"


@contextmanager
def _hanging(_: Path) -> Iterator[str]:
    """It accepts and never answers."""
    with socket.create_server((HOST, 0), backlog=2048) as server:
        yield f"http://{HOST}:{server.getsockname()[1]}/p"


@contextmanager
def _refusing(_: Path) -> Iterator[str]:
    yield f"http://{HOST}:{free_port()}/p"


@contextmanager
def _slow(folder: Path) -> Iterator[str]:
    with stub(folder, secure=False, delay=1.0) as served:
        yield served.url


GATEWAYS = {"hangs": _hanging, "refuses": _refusing, "takes a second": _slow}


class Bystander(threading.Thread):
    """Asks for a page all the time; `worst` is its longest wait, in milliseconds."""

    def __init__(self, site: Site) -> None:
        super().__init__(daemon=True)
        self._site = site
        self.worst, self._stopped = 0.0, threading.Event()

    def run(self) -> None:
        while not self._stopped.wait(0.005):
            _, taken = _get(self._site, "/page/", "")
            self.worst = max(self.worst, taken)

    def stop(self) -> float:
        self._stopped.set()
        self.join()
        return self.worst


def main() -> None:
    for server in sys.argv[1:] or DEFAULT:
        for name, gateway in GATEWAYS.items():
            with (
                tempfile.TemporaryDirectory() as folder,
                gateway(Path(folder)) as url,
                running(server, False, Path(folder), url) as site,
            ):
                _measure(f"{server}, @connections {name}", site)


def _measure(name: str, site: Site) -> None:
    sys.stdout.write(f"{name}\n")
    for sockets in SOCKETS:
        bystander = Bystander(site)
        taken = [_logout(site, sockets, number, bystander) for number in range(LOGOUTS)]
        worst = bystander.stop()
        sys.stdout.write(
            f"    {sockets:4} sockets: median {median(taken):7.1f} ms, worst"
            f" {max(taken):7.1f} ms; others at most {worst:7.1f} ms\n"
        )


def _logout(site: Site, sockets: int, number: int, bystander: Bystander) -> float:
    cookie, _ = _get(site, f"/enter/user{sockets}-{number}/", "")
    cookie = cookie.partition(";")[0]
    for place in range(sockets):
        _open(site, f"S{sockets:03}{number:02}{place:06}=", cookie)
    if not number:
        bystander.start()
    _, taken = _get(site, "/leave/", cookie)
    return taken


def _open(site: Site, connection_id: str, cookie: str) -> None:
    sent = headers("CONNECT", connection_id=connection_id) | {"Cookie": cookie}
    with site.caller() as caller:
        caller.request("POST", "/ws/", "", sent)
        assert caller.getresponse().status == 200


def _get(site: Site, path: str, cookie: str) -> tuple[str, float]:
    begin = time.perf_counter()
    with site.caller() as caller:
        caller.request("GET", path, headers={"Cookie": cookie} if cookie else {})
        response = caller.getresponse()
        response.read()
    assert response.status == 200, (path, response.status)
    taken = (time.perf_counter() - begin) * 1000
    return response.headers.get("Set-Cookie", ""), taken


if __name__ == "__main__":
    os.environ.setdefault("SITE_IN_FLIGHT", "16")
    main()
