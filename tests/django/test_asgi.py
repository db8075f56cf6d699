"""The endpoint under ASGI: Django's AsyncClient, and the handler itself."""

from typing import Any

import pytest
from asgiref.sync import async_to_sync
from asgiref.testing import ApplicationCommunicator
from django.contrib.auth.models import User
from django.core.handlers.asgi import ASGIHandler
from django.test import AsyncClient
from pydantic_core import from_json, to_json

from tests.django.conftest import InThreads
from tests.django.events import Gateway, headers, new_id, serving
from wsrouter import Connection, MessageError, Router
from wsrouter.models import OpenConnection

pytestmark = pytest.mark.django_db
LIMIT = 128 * 1024
router = Router()
ended: list[str] = []


@router.connect
async def opened(connection: Connection) -> None:
    await connection.ajoin("all")


@router.disconnect
async def closed(connection: Connection) -> None:
    ended.append(connection.id)


@router.route("who")
def who(connection: Connection) -> str:
    return str(connection.user)


@router.route("awho")
async def awho(connection: Connection) -> str:
    await connection.aupdate_state(seen=True)
    return str(connection.user)


@router.route("crash")
async def crash() -> None:
    raise MessageError("own", "Of my own.")


@router.route("length")
def length(payload: str) -> int:
    return len(payload)


@pytest.fixture(autouse=True)
def _served() -> Any:
    ended.clear()
    with serving(router):
        yield


class Async:
    """An AsyncClient that is used as a Client."""

    def __init__(self, **_: Any) -> None:
        self.client = AsyncClient(raise_request_exception=False)

    def force_login(self, user: User) -> None:
        self.client.force_login(user)

    def post(self, *args: Any, **options: Any) -> Any:
        return async_to_sync(self.client.post)(*args, **options)


def test_the_life_of_a_connection(user: User) -> None:
    gateway = Gateway(http=Async())  # type: ignore[arg-type]
    assert gateway.connect(user).status_code == 200
    assert gateway.send("who")["payload"] == "ada"
    assert gateway.send("awho")["payload"] == "ada"
    assert OpenConnection.objects.get().state == {"seen": True}
    assert gateway.send("crash")["error"]["code"] == "own"
    assert gateway.disconnect().status_code == 200
    assert ended == [gateway.id]


def test_atomic_requests(user: User, atomic_requests: None) -> None:
    gateway = Gateway(http=Async())  # type: ignore[arg-type]
    assert gateway.connect(user).status_code == 200
    assert gateway.send("awho")["payload"] == "ada"


def run(chunks: list[bytes], **mapped: Any) -> Any:
    """Status and body that the handler itself answers; no Content-Length."""
    found = headers("MESSAGE", mapped.pop("route_key", "length"), **mapped)
    scope = {
        "type": "http",
        "http_version": "1.1",
        "method": "POST",
        "path": "/ws/",
        "query_string": b"",
        "headers": [
            (b"host", b"testserver"),
            *((name.lower().encode(), value.encode()) for name, value in found.items()),
        ],
    }

    async def talk() -> Any:
        handler = ApplicationCommunicator(ASGIHandler(), scope)
        for number, chunk in enumerate(chunks, 1):
            more = number < len(chunks)
            message = {"type": "http.request", "body": chunk, "more_body": more}
            await handler.send_input(message)
        start = await handler.receive_output(5)
        body = await handler.receive_output(5)
        await handler.wait()
        return start["status"], body.get("body", b"")

    return async_to_sync(talk)()


def frame_of(size: int) -> list[bytes]:
    start, end = b'{"action": "length", "payload": "', b'"}'
    frame = start + b"x" * (size - len(start) - len(end)) + end
    return [frame[at : at + 10_000] for at in range(0, len(frame), 10_000)]


def test_a_body_in_chunks() -> None:
    status, body = run(frame_of(LIMIT), connection_id=new_id())
    assert (status, from_json(body)["payload"]) == (200, LIMIT - 35)


def test_a_body_in_chunks_that_is_too_large() -> None:
    status, body = run(frame_of(LIMIT + 1), connection_id=new_id())
    assert (status, from_json(body)["error"]["code"]) == (200, "malformed_frame")


def test_without_the_secret() -> None:
    assert run([b"{}"], connection_id=new_id(), secret="x" * 32) == (403, b"")


def test_a_header_that_came_twice() -> None:
    assert run([b"{}"], connection_id="A1=,B2=") == (400, b"")


@pytest.mark.database
@pytest.mark.parametrize("atomic", [False, True])
def test_the_handler_itself(
    atomic: bool, user: User, in_threads: InThreads, request: pytest.FixtureRequest
) -> None:
    """It gives every request a thread, and with it a connection to the database."""
    if atomic:
        request.getfixturevalue("atomic_requests")
    gateway = Gateway()
    gateway.connect(user)
    for action in ("awho", "who"):
        body = to_json({"action": action, "id": 1})
        status, answer = run([body], connection_id=gateway.id, route_key=action)
        assert (status, from_json(answer)["payload"]) == (200, "ada")
    assert OpenConnection.objects.get().state == {"seen": True}
