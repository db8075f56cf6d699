"""One run: everything is started, fails for a while, is healed and judged."""

import argparse
import random
import socket
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from django.db import Error, connection

from tests.chaos import report, verdicts
from tests.chaos.halls import HALLS, hall_of
from tests.chaos.instances import Instances
from tests.chaos.memory import Memory
from tests.chaos.started import Started
from tests.chaos.storm import Storm
from tests.e2e.ws_local_stack import listens
from tests.faults import committed, crowd
from tests.faults.judge import Verdict
from tests.faults.pages import Pages
from tests.faults.run import until
from wsrouter.models import OpenConnection, QueuedSend

HERE = Path(__file__).parent
USERS, GROUPS, NODES = 100, 40, 2
PAGES_FAULTS: Mapping[str, Any] = {
    "calls": 1 / 50,
    "trespasses": 1 / 1500,
    "cuts": 1 / 1500,
    "sleeps": 1 / 4000,
    "sleep": [15, 50],
    "notes": 1 / 4000,
}
"""Probabilities a second of each page, which has all of a machine's clients behind it:
two busy cores carry 500 pages that do little."""
OPTIONS = {
    "backoffCap": 15_000,
    "timeout": 60_000,
    "keepAlive": 240_000,
    "checkStreams": 120_000,
    "handOver": 900_000,
    "handOverSpread": 300_000,
    "overlap": 3000,
    "drain": 5000,
}
CALM_SECONDS = 150.0
"""In which pages go on calling when all is healed: for longer than judges take a strike
as a reason."""
ASK_SECONDS = 20.0
START_SECONDS = 1200.0
PATIENCE_SECONDS = 400.0
"""In which nothing gets on."""


class Run:
    """`end` has to be called."""

    def __init__(
        self,
        chosen: argparse.Namespace,
        folder: Path,
        instances: Instances,
        gateway_port: int,
        django_port: int,
    ) -> None:
        self.chosen, self.folder = chosen, folder
        self.gateway_port = gateway_port
        self.chance = random.Random(chosen.seed)
        listener = socket.create_server(("127.0.0.1", django_port), backlog=1024)
        self.started = Started(folder, instances, gateway_port, listener)
        self.memory = Memory()
        self.late: list[str] = []
        """What did not come true in time."""
        self.nodes: list[Pages] = []

    def end(self) -> None:
        for node in self.nodes:
            node.stop()
        self.started.end()

    def run(self) -> bool:
        """Whether the judges are content."""
        begin = time.monotonic()
        self.crowd = [_with_a_hall(page) for page in self._made()]
        self._start()
        self.storm = Storm(
            self.started.struck, self.started.spared, self.chance, self.memory
        )
        self.storm.only = set(filter(None, self.chosen.only.split(",")))
        self._tell("rage")
        self.storm.rage(self.chosen.minutes * 60)
        self._heal()
        verdict = self._judged()
        text = report.written(self, verdict, time.monotonic() - begin)
        print(text, flush=True)  # noqa: T201
        if self.chosen.report:
            self.chosen.report.write_text(text)
        return not verdict.problems and not verdict.behind

    def _made(self) -> list[dict[str, Any]]:
        random.seed(self.chosen.seed)
        return crowd.made(self.chosen.pages, user_count=USERS, group_count=GROUPS)

    def _start(self) -> None:
        self.started.start()
        until(lambda: listens(self.gateway_port), "the gateway listens")
        self.nodes = [self._node(number) for number in range(NODES)]
        for node in self.nodes:
            node.start()
        joined = "every page has joined its groups"
        until(self._have_begun, joined, seconds=START_SECONDS)
        self.started.publish()

    def _node(self, number: int) -> Pages:
        return Pages(
            pages=self.crowd[number::NODES],
            url=f"ws://127.0.0.1:{self.gateway_port}/production",
            site=self.started.site,
            file=self.folder / f"pages-{number}.jsonl",
            script=HERE / "clients.mjs",
            options=OPTIONS,
            faults=PAGES_FAULTS,
            at_once=8,
        )

    def _tell(self, command: str) -> None:
        for node in self.nodes:
            node.tell(command)

    def _have_begun(self) -> bool:
        self._tell("look")
        return sum(node.counts["begun"] for node in self.nodes) == len(self.crowd)

    def _heal(self) -> None:
        """Everything runs again. Nobody publishes any more, and nothing is left to do
        in the end."""
        self._tell("quiet")
        self.storm.heal()
        self.started.hush()
        end = time.monotonic() + CALM_SECONDS
        while time.monotonic() < end:
            self.memory.sample(self.started.struck, time.monotonic())
            time.sleep(0.5)
        self._tell("hush")
        self._wait(self._pending, "calls were not settled")
        self._wait(QueuedSend.objects.count, "sends were not carried out")
        self._wait(committed.unsettled, "kept events were not posted")
        rows, sockets = Lasting(), Lasting()
        self._wait(lambda: rows.of(self._rows() - self._sockets()), "rows stay alone")
        self._wait(
            lambda: sockets.of(self._sockets() - self._rows()), "sockets have no row"
        )
        for kind, alone in {"row": rows, "socket": sockets}.items():
            print(f"{kind}s that stay alone: {sorted(alone.left or ())}")  # noqa: T201

    def _pending(self) -> int:
        self._tell("look")
        return sum(node.counts["pending"] for node in self.nodes)

    def _rows(self) -> set[str]:
        return set(OpenConnection.objects.values_list("connection_id", flat=True))

    def _sockets(self) -> set[str]:
        return set().union(*(node.connections() for node in self.nodes))

    def _wait(self, left: Callable[[], int], what: str) -> None:
        """Until nothing is left; a machine that is slow gets on all the same."""
        least, end = sys.maxsize, time.monotonic() + PATIENCE_SECONDS
        while True:
            try:
                number = left()
            except Error:  # the server is just coming back
                connection.close()
                number = least
            if not number:
                return
            if number < least:
                least, end = number, time.monotonic() + PATIENCE_SECONDS
            if time.monotonic() > end:
                self.late.append(f"{number} {what}.")
                return
            time.sleep(0.5)

    def _judged(self) -> Verdict:
        """Pages that are behind may ask, and ask again."""
        end = time.monotonic() + PATIENCE_SECONDS
        while True:
            self._tell("ping")
            time.sleep(ASK_SECONDS)
            verdict = verdicts.of(self)
            if not verdict.behind or self.late or time.monotonic() > end:
                return verdict


class Lasting:
    """What has been found each time since the first look. Sockets go and come all the
    time, and the row of one that is gone may wait for a sweep."""

    left: set[str] | None = None

    def of(self, found: set[str]) -> int:
        self.left = found if self.left is None else self.left & found
        return len(self.left)


def _with_a_hall(page: dict[str, Any]) -> dict[str, Any]:
    """With one subscription, for fewer requests when all come back together."""
    groups = [name for names in page["subscriptions"] for name in names]
    hall = {"hall": hall_of(int(page["user"])), "halls": HALLS}
    return page | hall | {"subscriptions": [groups]}
