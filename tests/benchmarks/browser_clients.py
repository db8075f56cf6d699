"""client.js beside others: `python -m tests.benchmarks.browser_clients`.

Their sizes; and how those that speak any protocol fare at the same local gateway, with
their own defaults: until the first event, at the end of a lifetime, and after a kill of
the gateway. The libraries take turns. What is found goes to
results/browser_clients.json.
"""

import json
import os
import platform
import subprocess
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from tests.benchmarks.reconnecting import node, records, sizes
from tests.browser.client.counting import count, counting_stack
from tests.e2e.ws_local_stack import Stack, eventually, listens, started
from tests.programs import program

RESULTS = Path(__file__).parent / "results" / "browser_clients.json"
LIBRARIES = ("client.js", "partysocket", "reconnecting-websocket")
PAGES, REPETITIONS, AWAY_SECONDS = 100, 3, 5.0
LISTENERS, LIFETIME_SECONDS, COUNTED = 4, 8, 800
FIRST_EVENTS = 15
SHORTER = {"handOver": 7500, "handOverSpread": 250, "overlap": 500}
"""The options of client.js for such a lifetime: 110 ± 5 of 120 minutes are 7.3 ± 0.3 of
8 seconds."""


def main() -> None:
    found: dict[str, Any] = {"load_before": os.getloadavg(), "sizes": sizes.measured()}
    with tempfile.TemporaryDirectory() as folder, served(Path(folder)) as stack:
        lifetime = ["--max-duration", str(LIFETIME_SECONDS)]
        with started(stack, "--no-django", *lifetime):
            found["lifetime"] = _over_lifetimes(stack)
        with started(stack, "--no-django"):
            found["first_event"] = _until_the_first_event(stack)
        # At the end: a killed gateway leaves rows, and sends to them would take time.
        runs = [_after_a_kill(stack) for _ in range(REPETITIONS)]
        found["killed"] = {
            name: records.medians([run[name] for run in runs]) for name in LIBRARIES
        }
    RESULTS.write_text(json.dumps(found | _about(), indent=2) + "\n")
    print(RESULTS.read_text())  # noqa: T201


@contextmanager
def served(folder: Path) -> Iterator[Stack]:
    """Django, without a gateway in front of it."""
    stack = counting_stack(folder)
    settings = stack.project / "room" / "settings.py"
    endpoint = f"{stack.site}/ws/"
    code = settings.read_text().replace("https://room.example.com/ws/", endpoint)
    settings.write_text(code)
    stack.migrate()
    django = stack.start("runserver", "--noreload", str(stack.django_port))
    try:
        eventually(lambda: listens(stack.django_port))
        yield stack
    finally:
        django.terminate()
        django.wait()


def _after_a_kill(stack: Stack) -> dict[str, Any]:
    return {name: _killed(stack, name) for name in LIBRARIES}


def _killed(stack: Stack, library: str) -> dict[str, float]:
    with ExitStack() as running:
        with started(stack, "--no-django"):
            pages = running.enter_context(node.pages(stack, library, PAGES))
            time.sleep(6)  # the others call a socket stable after five seconds
            assert stack.process
            killed = time.time()
            stack.process.kill()
            stack.process.wait()
        time.sleep(AWAY_SECONDS)
        with started(stack, "--no-django"):
            back = time.time()
            pages.wait()
            running.close()
    return records.spread(pages.records, killed, back)


def _over_lifetimes(stack: Stack) -> dict[str, Any]:
    """All of them hear as many numbers, one every 50 ms."""
    found = {}
    for name in LIBRARIES:
        options = SHORTER if name == "client.js" else {}
        with node.pages(stack, name, LISTENERS, **options) as pages:
            count(stack, 0, COUNTED)
        found[name] = records.losses(pages.records, COUNTED)
    return found


def _until_the_first_event(stack: Stack) -> dict[str, Any]:
    enough = threading.Event()

    def counting() -> None:
        for number in range(10**6):
            if enough.is_set():
                return
            count(stack, number * 20, number * 20 + 20)

    counter = threading.Thread(target=counting)
    counter.start()
    found: dict[str, list[float]] = {name: [] for name in LIBRARIES}
    try:
        for _ in range(FIRST_EVENTS):
            for name, times in found.items():
                with node.pages(stack, name, 1) as pages:
                    pages.wait("heard")
                times.append(records.first_event(pages.records[0]))
    finally:
        enough.set()
        counter.join()
    return {name: records.summary(times) for name, times in found.items()}


def _about() -> dict[str, Any]:
    version = subprocess.check_output([program("node"), "--version"], text=True)
    return {
        "pages": PAGES,
        "repetitions": REPETITIONS,
        "away_seconds": AWAY_SECONDS,
        "listeners": LISTENERS,
        "lifetime_seconds": LIFETIME_SECONDS,
        "counted": COUNTED,
        "first_events": FIRST_EVENTS,
        "load_after": os.getloadavg(),
        "cores": os.cpu_count(),
        "python": platform.python_version(),
        "node": version.strip().removeprefix("v"),
    }


if __name__ == "__main__":
    main()
