"""The site that `nox -s docs` has built, on a port of this machine, and a browser."""

import threading
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from tests.browser.conftest import axe, browser  # noqa: F401

BUILT = Path(__file__).parents[2] / "docs" / "_build" / "html"


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None: ...


@pytest.fixture(scope="session")
def built() -> Path:
    assert (BUILT / "index.html").exists(), "build it with `nox -s docs`"
    return BUILT


@pytest.fixture(scope="session")
def url(built: Path) -> Iterator[str]:
    handler = partial(Quiet, directory=str(built))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
