"""Pages with client.js, in processes of Node.js."""

import json
import os
import subprocess
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path
from typing import Any

from tests import node_packages
from tests.programs import program

HERE = Path(__file__).parent
CLIENT = HERE.parents[1] / "wsrouter/static/wsrouter/client.js"
OPTIONS = {
    "backoffCap": 15_000,
    "timeout": 20_000,
    "keepAlive": 40_000,
    "checkStreams": 30_000,
    "handOver": 150_000,
    "handOverSpread": 60_000,
    "overlap": 3000,
    "drain": 5000,
}
FAULTS: Mapping[str, Any] = {
    "cuts": 1 / 100,
    "sleeps": 1 / 300,
    "sleep": [15, 50],
    "notes": 1 / 150,
}
"""Probabilities a second, and for how many seconds a page has no network."""


@dataclass(kw_only=True)
class Pages:
    """Those of one process."""

    pages: Sequence[Mapping[str, Any]]
    url: str
    site: str
    file: Path
    script: Path = HERE / "clients.mjs"
    options: Mapping[str, Any] = field(default_factory=lambda: OPTIONS)
    faults: Mapping[str, Any] = field(default_factory=lambda: FAULTS)
    at_once: int = 4
    counts: Counter[str] = field(default_factory=Counter)
    process: "subprocess.Popen[str] | None" = None

    def start(self) -> None:
        node_packages.installed(HERE)
        told = {
            "module": os.environ.get("FAULTS_CLIENT", str(CLIENT)),
            "url": self.url,
            "site": self.site,
            "pages": self.pages,
            "options": self.options,
            "faults": self.faults,
            "atOnce": self.at_once,
            "file": str(self.file),
        }
        self.process = subprocess.Popen(
            [program("node"), str(self.script), json.dumps(told)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def tell(self, command: str) -> None:
        """Give a command and wait until it is done."""
        assert self.process
        assert self.process.stdin
        assert self.process.stdout
        self.process.stdin.write(f"{command}\n")
        self.process.stdin.flush()
        line = self.process.stdout.readline()
        assert line, "Node.js has ended."
        self.counts = Counter(json.loads(line))

    def records(self) -> list[dict[str, Any]]:
        """What each page has written down until now."""
        self.tell("write")
        return [json.loads(line) for line in self.file.read_text().splitlines()]

    def connections(self) -> set[str]:
        """The ids of all connections that pages know of."""
        self.tell("sockets")
        return set(chain.from_iterable(json.loads(self.file.read_text())))

    def stop(self) -> None:
        if self.process:
            self.process.communicate()
