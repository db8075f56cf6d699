"""Chromium without Playwright, which keeps every page visible: tabs that can be hidden
and frozen."""

import json
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from itertools import count
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

from websockets.sync.client import ClientConnection, connect

from tests.browser.client.counting import LOADED, WATCHING
from tests.browser.conftest import OFFLINE
from tests.e2e.ws_local_stack import Stack, eventually
from tests.programs import program

TIMEOUT_SECONDS = 30


class Tab:
    """A page by way of the DevTools protocol."""

    def __init__(self, socket: ClientConnection) -> None:
        self._socket, self._ids = socket, count(1)

    def send(self, method: str, **parameters: object) -> Any:
        number = next(self._ids)
        message = {"id": number, "method": method, "params": parameters}
        self._socket.send(json.dumps(message))
        while True:
            answer = json.loads(self._socket.recv(timeout=TIMEOUT_SECONDS))
            if answer.get("id") == number:
                assert "error" not in answer, answer
                return answer["result"]

    def evaluate(self, expression: str) -> Any:
        found = self.send("Runtime.evaluate", expression=expression, returnByValue=True)
        assert "exceptionDetails" not in found, found
        return found["result"].get("value")

    def wait_for(self, expression: str) -> None:
        eventually(
            lambda: self.evaluate(f"Boolean({expression})"), within=TIMEOUT_SECONDS
        )

    def visit(self, url: str, ready: str) -> None:
        self.send("Page.navigate", url=url)
        self.wait_for(f"location.href === {url!r} && ({ready})")

    def show(self) -> None:
        """Hides the tab that was in front."""
        self.send("Page.bringToFront")

    def set_state(self, state: str) -> None:
        """`frozen` or `active`; a frozen tab is hidden, and stays so."""
        self.send("Page.setWebLifecycleState", state=state)


@contextmanager
def two_tabs(folder: Path) -> Iterator[tuple[Tab, Tab]]:
    command = [
        program("chromium", "chromium-browser", "google-chrome"),
        *OFFLINE,
        "--headless=new",
        "--remote-debugging-port=0",
        f"--user-data-dir={folder}",
    ]
    process = subprocess.Popen(command, stderr=subprocess.DEVNULL)
    try:
        port_file = folder / "DevToolsActivePort"
        eventually(lambda: port_file.exists() and port_file.read_text().count("\n"))
        port = port_file.read_text().split()[0]
        with ExitStack() as leaving:
            sockets = [leaving.enter_context(_opened(port)) for _ in range(2)]
            yield Tab(sockets[0]), Tab(sockets[1])
    finally:
        process.terminate()
        process.wait(timeout=TIMEOUT_SECONDS)


def _opened(port: str) -> ClientConnection:
    request = Request(f"http://127.0.0.1:{port}/json/new?about:blank", method="PUT")
    with urlopen(request, timeout=TIMEOUT_SECONDS) as answer:
        address = json.load(answer)["webSocketDebuggerUrl"]
    return connect(address, max_size=None, ping_interval=None, proxy=None)


@contextmanager
def hearing(tab: Tab, stack: Stack, **options: object) -> Iterator[None]:
    """The tab, logged in as Ada, hears what is counted; options are those of
    `connect`."""
    tab.visit(f"{stack.site}/enter/ada/", "document.body")
    tab.visit(f"{stack.site}/page/", LOADED)
    tab.evaluate(f"window.listen({stack.url!r}, {json.dumps(options)})")
    tab.wait_for(WATCHING)
    yield
    tab.evaluate("window.connection.close()")
