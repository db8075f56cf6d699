"""The database server drops every connection to it, as in a restart: every thread that
has one gets another."""

import asyncio
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from django.contrib.auth.models import User
from django.db import connections as django_connections

from tests import databases
from tests.django.entry_points import ENTRY_POINTS
from tests.django.events import Gateway, serving
from tests.django.group_routes import Socket
from tests.local.recording_backend import wait_until
from wsrouter import Connection, Delivery, Router, connections
from wsrouter.delivery.memory import MemoryTransport
from wsrouter.endpoint import request_thread
from wsrouter.models import OpenConnection
from wsrouter.ops.ws_local import users
from wsrouter.ops.ws_local.users import user_name
from wsrouter.testing.substitution import substituted
from wsrouter.wiring import leaving, outgoing, process_threads
from wsrouter.wiring.outgoing import Closing

pytestmark = [
    pytest.mark.database,
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(databases.CHOSEN == "sqlite", reason="SQLite has no server."),
]


router = Router()
news = router.event("news", str)


@router.connect
def opened(connection: Connection) -> None:
    connection.join("all")


@router.route("count")
def count(connection: Connection) -> int:
    return OpenConnection.objects.filter(connection_id=connection.id).count()


@router.route("send")
def send() -> None:
    news.send("x", group="all")


@pytest.fixture(params=[True, False], ids=["checked", "unchecked"])
def checked(request: pytest.FixtureRequest) -> Iterator[bool]:
    """CONN_HEALTH_CHECKS, for connections that persist: others cannot be dropped."""
    before = django_connections.settings["default"]
    persistent = {"CONN_MAX_AGE": None, "CONN_HEALTH_CHECKS": request.param}
    django_connections.settings["default"] = {**before, **persistent}
    original = django_connections["default"]
    original.close()
    del django_connections["default"]
    yield request.param
    django_connections["default"].close()
    django_connections.settings["default"] = before
    django_connections["default"] = original


@pytest.fixture
def wire() -> Iterator[MemoryTransport]:
    memory = MemoryTransport()
    with serving(router), substituted(transport=memory, secret=""):
        yield memory
    while request_thread._idle:
        thread = request_thread._idle.pop()
        thread.submit(django_connections.close_all)
        thread.shutdown()


@pytest.fixture
def sending_threads(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(leaving, "_is_in_place", lambda: False)
    yield
    close_in_each_thread()
    process_threads.sends().close()


def close_in_each_thread() -> None:
    """Persistent connections of threads are theirs."""
    threads: Any = process_threads.sends()._executor
    together = threading.Barrier(len(threads._threads))

    def close() -> None:
        together.wait(30)
        django_connections.close_all()

    for _ in list(threads._threads):
        threads.submit(close)


def healed(attempt: Callable[[], bool], *, checked: bool) -> bool:
    """At once with health checks; without them, one attempt may fail."""
    databases.end_sessions()
    return attempt() or (not checked and attempt())


@pytest.mark.parametrize("kind", ["view-wsgi", "front-wsgi", "front-asgi"])
def test_messages(kind: str, checked: bool, wire: MemoryTransport) -> None:
    """Django under ASGI has a new thread for each request, and no connection in it."""
    first = Gateway()
    assert first.connect().status_code == 200
    gateway = Gateway(first.id, http=ENTRY_POINTS[kind]())  # type: ignore[arg-type]

    def is_answered() -> bool:
        return bool(gateway.send("count").get("payload") == 1)

    for _ in range(2):
        assert is_answered()
        assert healed(is_answered, checked=checked)


@pytest.mark.parametrize("kind", ["view-wsgi", "front-wsgi"])
def test_handshakes(
    kind: str, checked: bool, wire: MemoryTransport, user: User
) -> None:
    http: Any = ENTRY_POINTS[kind]()
    http.force_login(user)

    def is_accepted() -> bool:
        return Gateway(http=http).connect().status_code == 200

    for _ in range(2):
        assert is_accepted()
        assert healed(is_accepted, checked=checked)


def test_what_follows_an_answer(
    checked: bool,
    wire: MemoryTransport,
    deliveries: list[Delivery],
    sending_threads: None,
) -> None:
    """Its recipients are read in threads of the process."""
    gateway, socket = Gateway(http=ENTRY_POINTS["front-wsgi"]()), Socket()  # type: ignore[arg-type]
    assert gateway.connect().status_code == 200
    wire.opened(gateway.id, socket)

    def arrives() -> bool:
        frames, told = len(socket.frames), len(deliveries)
        gateway.send("send")
        wait_until(lambda: len(deliveries) > told)
        return len(socket.frames) > frames

    for _ in range(2):
        assert arrives()
        assert healed(arrives, checked=checked)


def test_sockets_that_are_closed_after_a_response(
    checked: bool, user: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its thread keeps no connection, so that none can be dropped: each end counts."""
    monkeypatch.setattr(outgoing, "close", lambda address: Closing.CLOSED)
    with serving(router):
        for _ in range(3):
            assert Gateway().connect(user).status_code == 200
            assert connections.end(user) == 1
            wait_until(lambda: not OpenConnection.objects.exists())
            databases.end_sessions()
            django_connections.close_all()


def test_the_names_in_the_journal_of_ws_local(
    checked: bool, user: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(users, "_TIMEOUT_SECONDS", 60)  # a busy machine is slow, too
    with serving(router):
        gateway = Gateway()
        assert gateway.connect(user).status_code == 200

    async def names() -> None:
        assert await user_name(gateway.id) == "ada"
        await sync_to_async(databases.end_sessions, thread_sensitive=False)()
        name = await user_name(gateway.id)
        assert name == "ada" or not checked
        assert await user_name(gateway.id) == "ada"
        await sync_to_async(django_connections.close_all)()

    asyncio.run(names())
