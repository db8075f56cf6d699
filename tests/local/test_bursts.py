"""All clients come at once, on SQLite with the settings of the quickstart."""

import ast
import re
import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from websockets.exceptions import InvalidStatus
from websockets.sync.client import ClientConnection

from tests.local.recording_backend import wait_until
from tests.local.ws_local_process import ROOT, Site, ask, running

CLIENTS = 100
FOLDERS = (
    "examples/identities/project",
    "examples/notifications/project",
    "tests/local/site",
)


QUICKSTART = r'DATABASES\["default"\]\["OPTIONS"\] = (\{.+?^\})'
DATABASE = r'"NAME": os.environ[^\n]+\n +"OPTIONS": (\{.+?^ +\})'


def options(file: Path, pattern: str) -> Any:
    [found] = re.findall(pattern, file.read_text(), re.MULTILINE | re.DOTALL)
    return ast.literal_eval(found)


@pytest.mark.parametrize("folder", FOLDERS)
def test_the_settings_of_the_quickstart_are_used(folder: str) -> None:
    expected = options(ROOT / "docs" / "quickstart.md", QUICKSTART)
    assert options(ROOT / folder / "settings.py", DATABASE) == expected


def join(client: ClientConnection) -> Any:
    return ask(client, "join")["type"]


def test_a_hundred_handshakes_at_once(tmp_path: Path) -> None:
    site = Site(database=tmp_path / "db.sqlite3")
    site.migrate()
    clients: list[ClientConnection] = []
    start = threading.Barrier(CLIENTS)
    with running(site) as command, ThreadPoolExecutor(CLIENTS) as threads:

        def open_client(_: int) -> int:
            start.wait(60)
            try:
                clients.append(command.connect(open_timeout=60).__enter__())
            except InvalidStatus as refused:
                return refused.response.status_code
            return 101

        assert Counter(threads.map(open_client, range(CLIENTS))) == {101: CLIENTS}
        assert site.rows() == CLIENTS
        assert Counter(threads.map(join, clients)) == {"reply": CLIENTS}
        list(threads.map(ClientConnection.close, clients))
        wait_until(lambda: site.rows() == 0, 60)
    assert not [line for line in command.lines if "locked" in line]
