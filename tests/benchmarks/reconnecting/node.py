"""Clients in a process of Node.js, against a local gateway that others share."""

import json
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests import node_packages
from tests.e2e.ws_local_stack import Stack
from tests.programs import program

HERE = Path(__file__).parent
PROGRAM = HERE / "clients.mjs"


@dataclass
class Pages:
    """What became of each client is in `records` at the end: the milliseconds at which
    it `started`, those of its `attempts`, of each socket `opened`, and of each of its
    `events`, beside the number that came."""

    process: "subprocess.Popen[str]"
    records: list[dict[str, Any]]

    def wait(self, word: str = "ready") -> None:
        """Until all of them listen, also again; or until one has `heard` an event."""
        assert self.process.stdout
        while line := self.process.stdout.readline():
            if line.strip() == word:
                return
        raise RuntimeError(f"Node.js has ended before it was {word}.")


@contextmanager
def pages(
    stack: Stack, library: str, clients: int, **options: float
) -> Iterator[Pages]:
    """All of them listen; options are those of client.js."""
    node_packages.installed(HERE)
    told = {
        "library": library,
        "url": stack.url,
        "cookie": stack.get("/enter/ada/")["cookie"],
        "clients": clients,
        "options": options,
    }
    with subprocess.Popen(
        [program("node"), str(PROGRAM), json.dumps(told)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        found = Pages(process, [])
        found.wait()
        yield found
        last = process.communicate()[0].splitlines()[-1]
        found.records.extend(json.loads(last))
