"""What only the fast paths have: threads of their own, and Django's habits."""

import asyncio
import threading
from time import monotonic, sleep
from typing import Any

import pytest
from asgiref.sync import async_to_sync, sync_to_async
from django.contrib.auth.models import User
from django.core.signals import request_finished, request_started
from django.db import connections
from django.test import override_settings
from django.urls import path, reverse
from django.utils import timezone, translation
from django.views.decorators.csrf import csrf_exempt

from tests.django.entry_points import (
    ENTRY_POINTS,
    FAST_PATHS,
    EntryPoint,
    FastAsgi,
    to_django,
)
from tests.django.events import Gateway, headers, new_id, serving
from wsrouter import Connection, Router
from wsrouter.endpoint import request_thread, view

pytestmark = [pytest.mark.database, pytest.mark.usefixtures("shared_database")]
router = Router()
threads: list[str] = []


@router.route("sleep")
def sleep_(payload: float) -> str:
    sleep(payload)
    return f"{_thread()} {threading.get_ident()}"


@router.route("asleep")
async def asleep(payload: float) -> str:
    await asyncio.sleep(payload)
    return f"{_thread()} {threading.get_ident()}"


@router.route("both")
async def both() -> list[int]:
    numbers = [await sync_to_async(threading.get_ident)() for _ in range(2)]
    return [*numbers, threading.get_ident()]


@router.route("connected")
async def connected(connection: Connection) -> bool:
    return await sync_to_async(_is_connected)() and bool(connection.id)


@router.route("where")
def where() -> list[str]:
    zone = timezone.get_current_timezone_name()
    return [reverse("wsrouter:endpoint"), translation.get_language() or "", zone]


def _thread() -> str:
    return threading.current_thread().name.partition("_")[0]


def _is_connected() -> bool:
    return connections["default"].connection is not None


@pytest.fixture(params=list(FAST_PATHS))
def front(request: pytest.FixtureRequest) -> EntryPoint:
    to_django.clear()
    return FAST_PATHS[request.param]()


@pytest.fixture(params=list(ENTRY_POINTS))
def entry_point(request: pytest.FixtureRequest) -> EntryPoint:
    return ENTRY_POINTS[request.param]()


@pytest.fixture(autouse=True)
def _served() -> Any:
    with serving(router):
        yield


def send(entry_point: EntryPoint, action: str, payload: Any = ...) -> Any:
    return Gateway(http=entry_point).send(action, payload, id=1)["payload"]  # type: ignore[arg-type]


@pytest.mark.parametrize("action", ["sleep", "asleep"])
def test_messages_do_not_stall_one_another(action: str) -> None:
    entry_point = FastAsgi()
    body = b'{"action": "%s", "payload": 0.5}' % action.encode()
    scope = scope_of(headers("MESSAGE", action, connection_id=new_id()))

    async def five() -> list[Any]:
        return await asyncio.gather(*(entry_point._talk(scope, body) for _ in range(5)))

    start = monotonic()
    answers = async_to_sync(five)()
    assert monotonic() - start < 2.4
    assert [each.status_code for each in answers] == [200] * 5
    assert len({each.content for each in answers}) == (5 if action == "sleep" else 1)


def scope_of(found: dict[str, str]) -> dict[str, Any]:
    return {
        "type": "http",
        "method": "POST",
        "path": "/ws/",
        "query_string": b"",
        "headers": [
            (name.lower().encode(), value.encode()) for name, value in found.items()
        ],
    }


def test_what_needs_no_thread_gets_none() -> None:
    assert not send(FastAsgi(), "asleep", 0).startswith("wsrouter")
    assert not request_thread._idle


def test_sync_code_of_one_message_runs_in_one_thread_which_stays() -> None:
    first, second, own = send(FastAsgi(), "both")
    assert first == second != own
    assert send(FastAsgi(), "sleep", 0) == f"wsrouter {first}"
    assert len(request_thread._idle) == 1


def test_more_threads_than_may_wait_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(request_thread, "MAX_IDLE_THREADS", 0)
    assert send(FastAsgi(), "sleep", 0).startswith("wsrouter")
    assert not request_thread._idle


@pytest.mark.parametrize("age", [0, None])
def test_a_connection_to_the_database_stays_as_long_as_it_may(
    age: int | None, user: User
) -> None:
    """Closed after each request, or kept by the thread."""
    gateway = Gateway(http=FastAsgi())  # type: ignore[arg-type]
    before = connections.settings["default"]
    connections.settings["default"] = {**before, "CONN_MAX_AGE": age}
    try:
        gateway.connect(user)
        assert gateway.send("connected", id=1)["payload"] is True
        waiting = request_thread._idle[-1]
        assert waiting.submit(_is_connected).result(30) is (age is None)
        waiting.submit(connections.close_all).result(30)
    finally:
        connections.settings["default"] = before


@pytest.mark.parametrize("action", ["sleep", "asleep"])
def test_who_listens_for_requests_hears_of_messages(
    action: str, entry_point: EntryPoint
) -> None:
    heard: list[str] = []

    def started(**_: Any) -> None:
        heard.append("started")

    async def finished(**_: Any) -> None:
        heard.append("finished")

    request_started.connect(started)
    request_finished.connect(finished)
    try:
        send(entry_point, action, 0)
    finally:
        request_started.disconnect(started)
        request_finished.disconnect(finished)
    assert heard == ["started", "finished"]


def activating(get_response: Any) -> Any:
    def middleware(request: Any) -> Any:
        translation.activate("de")
        timezone.activate("Asia/Tokyo")
        return get_response(request)

    return middleware


@override_settings(MIDDLEWARE=["tests.django.test_fast_paths.activating"])
def test_what_the_last_request_activated_is_gone(front: EntryPoint) -> None:
    for _ in range(2):
        front.post("/nowhere/", data=b"", headers={})
        assert send(front, "where") == ["/ws/", "en-us", "America/Chicago"]


@override_settings(FORCE_SCRIPT_NAME="/below")
def test_urls_below_a_prefix(entry_point: EntryPoint) -> None:
    assert send(entry_point, "where")[0] == "/below/ws/"


@csrf_exempt
def wrapped(request: Any) -> Any:
    return view.endpoint(request)


urlpatterns = [path("ws/", wrapped)]


@override_settings(ROOT_URLCONF="tests.django.test_fast_paths")
def test_a_view_around_the_endpoint_is_not_passed_by(front: EntryPoint) -> None:
    assert send(front, "sleep", 0)
    assert to_django == ["/ws/"]


def test_who_goes_away_while_sending_gets_no_answer() -> None:
    from wsrouter import asgi

    sent: list[Any] = []

    async def receive() -> Any:
        return {"type": "http.disconnect"}

    async def send(message: Any) -> None:
        sent.append(message)

    scope = scope_of(headers("MESSAGE", "sleep", connection_id=new_id()))
    async_to_sync(asgi.fast_path(None))(scope, receive, send)
    assert not sent


def test_a_body_that_cannot_be_read_is_djangos_500(caplog: Any) -> None:
    from tests.django.entry_points import FastWsgi

    class Broken:
        def read(self, *_: int) -> bytes:
            raise OSError("Connection reset")

        readline = read

    found = headers("MESSAGE", "sleep", connection_id=new_id())
    environ: dict[str, Any] = {
        f"HTTP_{name.upper().replace('-', '_')}": value for name, value in found.items()
    }
    environ |= {"REQUEST_METHOD": "POST", "PATH_INFO": "/ws/", "CONTENT_LENGTH": "9"}
    environ |= {"wsgi.input": Broken(), "SERVER_NAME": "x", "SERVER_PORT": "80"}
    status: list[str] = []
    answer = FastWsgi().application()(environ, lambda line, *_: status.append(line))
    assert b"Server Error" in b"".join(answer)
    answer.close()
    assert status == ["500 Internal Server Error"]
    assert [each.name for each in caplog.records] == ["django.request"]
