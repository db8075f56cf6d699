"""What Django does at the begin and end of a request, a fast path does for a message:
by Django's signals when others listen, too, and without them otherwise."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.core.cache import caches
from django.core.signals import request_finished, request_started
from django.db import close_old_connections, connection, connections
from django.urls import get_urlconf, set_urlconf

from tests.django.entry_points import FastWsgi
from tests.django.events import headers, new_id, serving
from wsrouter import Router

pytestmark = [pytest.mark.database, pytest.mark.usefixtures("shared_database")]
router = Router()
closed: list[str] = []
used: list[Any] = []


@router.route("look")
def look() -> bool:
    caches["default"].get("any")
    set_urlconf("tests.project.urls")
    connection.ensure_connection()
    used.append(connection.connection)
    return True


@pytest.fixture(autouse=True)
def _served() -> Iterator[None]:
    with serving(router):
        yield


@pytest.fixture(params=["nobody else listens", "somebody listens"])
def _listening(request: pytest.FixtureRequest) -> Iterator[None]:
    def started(**_: Any) -> None: ...

    if request.param == "somebody listens":
        request_started.connect(started)
    yield
    request_started.disconnect(started)


def in_one_thread(*steps: Any) -> list[Any]:
    """A server's thread, with a database connection of its own."""
    with ThreadPoolExecutor(1) as pool:
        try:
            return [pool.submit(step).result(30) for step in steps]
        finally:
            pool.submit(connections.close_all).result(30)


def message() -> int:
    entry_point = FastWsgi()
    found = headers("MESSAGE", "look", connection_id=new_id())
    body = b'{"action":"look","id":1}'
    return entry_point.post("/ws/", data=body, headers=found).status_code


def is_connected() -> bool:
    return connection.connection is not None


@pytest.fixture(params=[0, None])
def age(request: pytest.FixtureRequest) -> Iterator[int | None]:
    before = connections.settings["default"]
    connections.settings["default"] = {**before, "CONN_MAX_AGE": request.param}
    yield request.param
    connections.settings["default"] = before


@pytest.mark.usefixtures("_listening")
def test_a_connection_to_the_database_stays_as_long_as_it_may(age: int | None) -> None:
    assert in_one_thread(message, is_connected) == [200, age is None]


@pytest.mark.usefixtures("_listening")
def test_one_that_is_too_old_is_closed_before_the_handler_runs() -> None:
    def make_old() -> Any:
        connection.ensure_connection()
        connection.close_at = 1.0
        return connection.connection

    old, status = in_one_thread(make_old, message)
    assert status == 200
    assert used.pop() is not old


@pytest.mark.usefixtures("_listening")
def test_queries_that_were_logged_are_forgotten() -> None:
    def log() -> int:
        connection.queries_log.append({"sql": "SELECT 1", "time": "0"})
        return len(connection.queries_log)

    logged = in_one_thread(log, message, lambda: len(connection.queries_log))
    assert logged == [1, 200, 0]


@pytest.mark.usefixtures("_listening")
def test_caches_are_closed_and_the_urlconf_is_the_usual_one(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    kind = type(caches["default"])
    monkeypatch.setattr(kind, "close", lambda self, **_: closed.append("cache"))
    closed.clear()
    assert in_one_thread(message, get_urlconf) == [200, None]
    assert closed == ["cache"]


def test_what_a_test_has_switched_off_is_not_done(age: int | None) -> None:
    """Django's own test client does so, to keep its transaction."""
    request_finished.disconnect(close_old_connections)
    try:
        assert in_one_thread(message, is_connected) == [200, True]
    finally:
        request_finished.connect(close_old_connections)
