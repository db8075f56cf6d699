"""One run: everything is started, fails for a while, is healed and judged."""

import random
import socket
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

from tests.e2e.ws_local_stack import listens
from tests.faults import audit, committed, crowd, figures, pages, processes
from tests.faults.judge import Judge, Verdict
from tests.faults.processes import Process
from tests.faults.storm import Storm

PUBLISHERS = 4
MEAN_PAUSE = 0.6
"""Seconds between two transactions of a publisher."""
LOST = 0.02
ASK_SECONDS = 20.0
"""Pages that ask more often keep each other from being answered."""
PATIENCE_SECONDS = 400.0


class Run:
    """`seconds` go by between the first fault and the last."""

    def __init__(self, folder: Path, gateway_port: int, django_port: int) -> None:
        self.folder, self.gateway_port = folder, gateway_port
        self.listener = socket.create_server(("127.0.0.1", django_port), backlog=512)
        self.site = f"http://127.0.0.1:{django_port}"
        self.url = f"ws://127.0.0.1:{gateway_port}/production"

    def run(self, seconds: float) -> bool:
        """Whether the judge is content."""
        audit.install()
        self.crowd = crowd.made()
        servers = [processes.django(n, self.listener, self.folder) for n in range(2)]
        lossy = ["--strict", "--aws", f"lost-posts={LOST}"]
        gateway = processes.gateway(self.gateway_port, self.folder, *lossy)
        self.publishers = [
            processes.publisher(n, MEAN_PAUSE, self.folder) for n in range(PUBLISHERS)
        ]
        reaper = processes.reaper(self.folder)
        self.processes = [*servers, gateway, reaper, *self.publishers]
        self.nodes = [
            pages.Pages(
                pages=self.crowd[n::2],
                url=self.url,
                site=self.site,
                file=self.folder / f"pages-{n}.jsonl",
            )
            for n in range(2)
        ]
        try:
            return self._run(seconds, gateway)
        finally:
            for node in self.nodes:
                node.stop()
            for process in self.processes:
                process.kill()
            self.listener.close()

    def _run(self, seconds: float, gateway: Process) -> bool:
        for process in self.processes:
            if process not in self.publishers[1:]:  # one publishes while pages join
                process.start()
        until(lambda: listens(self.gateway_port), "the gateway listens")
        for node in self.nodes:
            node.start()
        until(self._have_begun, "every page has joined its groups")
        for publisher in self.publishers[1:]:
            publisher.start()
        for node in self.nodes:
            node.tell("rage")
        self.storm = Storm(self.processes, random.Random())
        self.storm.rage(seconds)
        kills = Counter[str]()
        for process in self.processes:
            kills[process.kind] += process.kills
        self._heal()
        verdict = self._judged()
        report = figures.report(
            verdict, self.truth, self.folder, kills + self.storm.counts, self.nodes
        )
        print(report, flush=True)  # noqa: T201
        return not verdict.problems and not verdict.behind

    def _have_begun(self) -> bool:
        for node in self.nodes:
            node.tell("look")
        return sum(node.counts["begun"] for node in self.nodes) == len(self.crowd)

    def _heal(self) -> None:
        """Whatever has died is started; nobody publishes, and nothing is left to post
        in the end."""
        for node in self.nodes:
            node.tell("quiet")
        self.storm.heal()
        for publisher in self.publishers:
            publisher.stop()
        until(lambda: not committed.unsettled(), "every event is posted")

    def _judged(self) -> Verdict:
        """Pages that are behind may ask, and ask again."""
        end = time.monotonic() + PATIENCE_SECONDS
        while True:
            for node in self.nodes:
                node.tell("ping")
            time.sleep(ASK_SECONDS)
            verdict = self._verdict()
            if not verdict.behind or time.monotonic() > end:
                return verdict

    def _verdict(self) -> Verdict:
        records = [page for node in self.nodes for page in node.records()]
        self.truth = committed.truth(
            broken_at=self.storm.broken_at, epochs_at=self.storm.epochs_at
        )
        total = Verdict(problems=list(self.truth.problems()))
        watched = {
            page["name"]: [name for names in page["subscriptions"] for name in names]
            for page in self.crowd
        }
        for page in records:
            name, user = page["name"], page["user"]
            judge = Judge(name, user, watched[name], self.truth)
            found = judge.read(page["records"])
            total.problems += found.problems
            total.behind += found.behind
            total.counts += found.counts
        return total


def until(
    holds: Callable[[], object], what: str, *, seconds: float = PATIENCE_SECONDS
) -> None:
    end = time.monotonic() + seconds
    while not holds():
        if time.monotonic() > end:
            raise RuntimeError(f"Not within {seconds:.0f} s: {what}.")
        time.sleep(0.2)
