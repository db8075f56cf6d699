"""What a kept event costs beside the same event without `keep`, how many a second one
group takes and 10,000 groups do, and what a join costs that has missed 100 events.

    python -m tests.benchmarks.kept_events [sqlite|postgresql|mysql ...]

Each database is measured in a process of its own; sockets are in memory. The figures go
to results/kept_events.json.
"""

import os
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from statistics import median
from typing import Any

from tests.benchmarks import apart

PAIRS, THREADS, BURST, GROUPS, MISSED = 400, 8, 250, 10_000, 100


def _measured(folder: str) -> dict[str, Any]:
    with apart.empty_database(folder, transaction_mode="IMMEDIATE", timeout=60):
        from tests.django.events import serving
        from tests.streams import stream_routes as routes
        from wsrouter.delivery.memory import MemoryTransport
        from wsrouter.testing.substitution import substituted

        memory = MemoryTransport()
        with serving(routes.router), substituted(transport=memory, secret=""):
            watcher = routes.Watcher(memory)
            watcher.watch("room")
            return {
                "load": os.getloadavg(),
                "publish_ms": _side_by_side(routes),
                "one_group_per_second": _rate(lambda n: "hot"),
                "groups_per_second": _rate(lambda n: f"group {n % GROUPS}"),
                "join_ms": _joins(routes, memory),
            }


def _side_by_side(routes: Any) -> dict[str, float]:
    """Medians, one of each kind after the other, with their commits. A transaction that
    writes has a commit of its own; an empty one has none."""
    from django.contrib.auth.models import Group

    state = Group.objects.create(name="state")
    kinds: dict[str, Callable[[], Any]] = {
        "plain": lambda: routes.passing.send("x" * 200, group="room"),
        "kept": lambda: routes.news.send("x" * 200, group="room"),
    }
    times: dict[str, list[float]] = {}
    for _ in range(PAIRS):
        for name, send in kinds.items():
            _time(times, name, send)
            empty, writes = partial(_atomically, send), partial(_writing, send, state)
            _time(times, f"{name} in a transaction", empty)
            _time(times, f"{name} in a transaction that writes", writes)
    return {name: round(median(taken), 3) for name, taken in times.items()}


def _writing(send: Callable[[], Any], state: Any) -> None:
    from django.db import transaction

    with transaction.atomic():
        state.save(force_update=True)
        send()


def _atomically(send: Callable[[], Any]) -> None:
    from django.db import transaction

    with transaction.atomic():
        send()


def _time(times: dict[str, list[float]], name: str, act: Callable[[], Any]) -> None:
    begin = time.perf_counter()
    act()
    times.setdefault(name, []).append((time.perf_counter() - begin) * 1000)


def _rate(group: Callable[[int], str]) -> int:
    """Sends a second of so many threads, in groups that nobody is in."""
    from django.db import connections

    from tests.streams import stream_routes as routes

    def run(thread: int) -> None:
        for count in range(BURST):
            routes.news.send("x" * 200, group=group(thread * BURST * 7 + count))
        connections.close_all()

    begin = time.perf_counter()
    with ThreadPoolExecutor(THREADS) as pool:
        list(pool.map(run, range(THREADS)))
    return round(THREADS * BURST / (time.perf_counter() - begin))


def _joins(routes: Any, memory: Any) -> dict[str, float]:
    """CPU of this process, medians."""
    watcher = routes.Watcher(memory)
    since = routes.position(routes.entry(watcher.watch("missed")))
    for _ in range(MISSED):
        routes.news.send("x" * 200, group="missed")
    from wsrouter.models import KeptEvent, Stream

    KeptEvent.objects.update(numbered_ms=0)
    Stream.objects.update(touched_ms=0)
    acts = {
        "none missed": lambda: watcher.watch("missed"),
        f"{MISSED} missed": lambda: watcher.watch("missed", since=since),
        "ping": lambda: watcher.send("wsrouter.ping", id="1", since={}),
        "message": lambda: watcher.send("quiet", "x", id="1"),
    }
    times: dict[str, list[float]] = {}
    for _ in range(50):
        for name, act in acts.items():
            begin = time.process_time()
            act()
            times.setdefault(name, []).append((time.process_time() - begin) * 1000)
    return {name: round(median(taken), 3) for name, taken in times.items()}


if __name__ == "__main__":
    apart.run("kept_events", _measured)
