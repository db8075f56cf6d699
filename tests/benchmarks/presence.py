"""How many posts a member of a room with presence gets when everybody in it reconnects
within five seconds, and whether the list is right afterwards.

    python -m tests.benchmarks.presence [sqlite|postgresql|mysql ...]

Each database is measured in a process of its own, with its threads and its pauses;
sockets are in memory. WSROUTER_TEST_EFFORT changes the size of the room. The figures go
to results/presence.json.
"""

import json
import os
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from operator import itemgetter
from pathlib import Path
from typing import Any

from tests import databases
from tests.benchmarks import apart
from tests.effort import examples

HERE = Path(__file__).parent
DATABASES = ("sqlite", "postgresql", "mysql")
MEMBERS, THREADS, SECONDS, MOST_POSTS = examples(2000), 8, 5.0, 20
AWAY_SECONDS = 1.0
ROOM = "room:large"
_transports: list[Any] = []


class Socket:
    """Counts what arrives for one user."""

    def __init__(self) -> None:
        self.posts = 0

    def arrived(self, data: bytes) -> None:
        self.posts += 1

    def closed_by_server(self) -> None:
        raise AssertionError("Nothing is closed here.")


def memory(*_: Any, **__: Any) -> Any:
    """The TRANSPORT of the setting: no substitute, which would know no pauses."""
    from wsrouter.delivery.memory import MemoryTransport

    if not _transports:
        _transports.append(MemoryTransport())
    return _transports[0]


def main() -> None:
    apart.each_measured(DATABASES, HERE / "results" / "presence.json", _measured_apart)


def _measured_apart(name: str) -> Any:
    with tempfile.TemporaryDirectory() as folder:
        return apart.told(
            "tests.benchmarks.presence",
            folder,
            WSROUTER_TEST_DATABASE=name,
            DJANGO_SETTINGS_MODULE="tests.project.settings",
        )


def _measure_here(folder: str) -> None:
    import django

    django.setup()
    from django.db import connection, connections

    if connection.vendor == "sqlite":
        connection.settings_dict["TEST"]["NAME"] = f"{folder}/bench.sqlite3"
        options = {"transaction_mode": "IMMEDIATE", "timeout": 60}
        connection.settings_dict["OPTIONS"] = options
    connection.creation.create_test_db(verbosity=0, autoclobber=True)
    try:
        found = _measured()
        connections.close_all()
    finally:
        from wsrouter.wiring import process_threads

        process_threads.sends().close()
        if connection.vendor != "sqlite":
            databases.end_sessions()
        connection.creation.destroy_test_db("", verbosity=0)
    print(json.dumps(found))  # noqa: T201


def _measured() -> dict[str, Any]:
    from tests.django.events import serving
    from tests.presence import presence_routes

    transport = "tests.benchmarks.presence.memory"
    with serving(
        presence_routes.router, TRANSPORT=transport, POSTS_PER_SECOND=1_000_000
    ):
        sockets = _fill()
        _settle()
        for socket in sockets:
            socket.posts = 0
        began = time.perf_counter()
        _reconnect_all(sockets, began)
        taken = time.perf_counter() - began
        _settle()
        posts = [socket.posts for socket in sockets]
        right = _is_right()
    found = {
        "load": os.getloadavg(),
        "members": MEMBERS,
        "reconnected_in_seconds": round(taken, 1),
        "most_posts_a_member": max(posts),
        "fewest_posts_a_member": min(posts),
        "list_is_right": right,
    }
    assert right, found
    assert max(posts) <= MOST_POSTS * max(1.0, taken / SECONDS), found
    return found


def _fill() -> Sequence[Socket]:
    """Everybody has one connection in the room."""
    from django.contrib.auth.models import User

    User.objects.bulk_create(User(username=f"user {n}") for n in range(MEMBERS))
    sockets = [Socket() for _ in range(MEMBERS)]
    users = list(User.objects.order_by("pk"))
    for number, user in enumerate(users):
        _open(f"old-{number}", user.pk, sockets[number])
    return sockets


def _open(connection_id: str, user: int, socket: Socket) -> None:
    from django.utils import timezone

    from wsrouter.identity import LIFETIME
    from wsrouter.models import OpenConnection
    from wsrouter.registry.open_connections import ConnectionRegistry

    now = timezone.now()
    memory().opened(connection_id, socket)
    OpenConnection.objects.create(
        connection_id=connection_id,
        user_id=user,
        gateway="default",
        connected_at=now,
        expires_at=now + LIFETIME,
    )
    ConnectionRegistry().join(connection_id, [ROOM])


def _reconnect_all(sockets: Sequence[Socket], began: float) -> None:
    """Evenly within the time, if the machine can: everybody is away for a while."""
    from django.contrib.auth.models import User
    from django.db import connections

    users = list(User.objects.order_by("pk").values_list("pk", flat=True))
    acts: list[tuple[float, Callable[[], None]]] = []
    for number, user in enumerate(users):
        due = began + (SECONDS - AWAY_SECONDS) * number / MEMBERS
        come = partial(_open, f"new-{number}", user, sockets[number])
        acts += [(due, partial(_close, f"old-{number}")), (due + AWAY_SECONDS, come)]
    acts.sort(key=itemgetter(0))

    def run(thread: int) -> None:
        for due, act in acts[thread::THREADS]:
            time.sleep(max(0.0, due - time.perf_counter()))
            act()
        connections.close_all()

    with ThreadPoolExecutor(THREADS) as pool:
        list(pool.map(run, range(THREADS)))


def _close(connection_id: str) -> None:
    from wsrouter.registry.open_connections import ConnectionRegistry

    memory().closed(connection_id)
    ConnectionRegistry().forget(connection_id, "default")


def _settle() -> None:
    """Until everything has been told."""
    from wsrouter.models import PresenceChange

    end = time.monotonic() + 60
    while PresenceChange.objects.exists():
        assert time.monotonic() < end, "Some changes are never told."
        time.sleep(0.1)


def _is_right() -> bool:
    from tests.presence.presence_routes import presence
    from wsrouter.models import PresenceGroup, PresentUser

    found = presence.list(ROOM)
    told = PresenceGroup.objects.get(group=ROOM)
    return (
        [each.connections for each in found] == [1] * MEMBERS
        and told.count == MEMBERS
        and PresentUser.objects.filter(group=ROOM).count() == MEMBERS
    )


if __name__ == "__main__":
    if sys.argv[1:2] == ["--here"]:
        # As an import: the setting TRANSPORT finds the same module.
        from tests.benchmarks import presence

        presence._measure_here(sys.argv[2])
    else:
        main()
