"""docs/howto/async-handlers.md: its app answers, and its tests pass."""

import asyncio
from types import ModuleType

import pytest
from django.contrib.auth.models import Group
from django.core.exceptions import SynchronousOnlyOperation
from django.test import AsyncClient

from tests.django.events import URL, headers, serving
from tests.docs_pages.blocks import install
from tests.docs_pages.suites import run_tests_of
from wsrouter import Connection, Router
from wsrouter.testing import ErrorFrame, WebSocketClient

PAGE = "howto/async-handlers.md"
pytestmark = pytest.mark.django_db


@pytest.fixture
def made(monkeypatch: pytest.MonkeyPatch) -> dict[str, ModuleType]:
    return install(monkeypatch, PAGE)


def test_the_tests_of_the_page_pass(made: dict[str, ModuleType]) -> None:
    with serving(made["trips/ws.py"].router):
        run_tests_of(made["trips/tests.py"])


def test_a_service_that_does_not_answer(
    made: dict[str, ModuleType], monkeypatch: pytest.MonkeyPatch
) -> None:
    app = made["trips/ws.py"]

    async def late(kind: str, city: str) -> int:
        raise TimeoutError

    monkeypatch.setattr(app, "count", late)
    with serving(app.router):
        client = WebSocketClient().connect()
        with pytest.raises(ErrorFrame) as answered:
            client.call("trips.search", {"city": "Oslo"})
    assert (answered.value.code, answered.value.error["retry"]) == ("busy", True)


def test_what_belongs_together_is_one_transaction(made: dict[str, ModuleType]) -> None:
    with serving(made["trips/ws.py"].router):
        key = WebSocketClient().connect().call("trips.book", {"city": "Oslo"})
    assert Group.objects.get(pk=key).name == "Trip to Oslo"


@pytest.mark.django_db(transaction=True)
def test_under_asgi_without_the_fast_path_it_is_the_loop_of_the_process() -> None:
    router, loops = Router(), list[object]()

    @router.route("loop")
    async def loop() -> None:
        loops.append(asyncio.get_running_loop())

    async def process() -> object:
        for _ in range(2):
            sent = headers("MESSAGE", "loop", connection_id="HJ1ZvVcUVPHcCJA=")
            body = b'{"action": "loop", "id": 1}'
            await AsyncClient().post(
                URL, data=body, content_type="application/json", headers=sent
            )
        return asyncio.get_running_loop()

    with serving(router):
        running = asyncio.run(process())
    assert loops == [running] * 2


def test_under_wsgi_each_message_has_a_loop_of_its_own() -> None:
    router, loops = Router(), list[object]()

    @router.route("loop")
    async def loop() -> None:
        loops.append(asyncio.get_running_loop())

    with serving(router):
        client = WebSocketClient().connect()
        for _ in range(2):
            client.call("loop")
    assert loops[0] is not loops[1]


def test_a_sync_name_in_an_async_handler() -> None:
    router = Router()

    @router.route("join")
    async def join(connection: Connection) -> None:
        connection.join("group")

    with serving(router), pytest.raises(SynchronousOnlyOperation):
        WebSocketClient().connect().call("join")


def test_a_task_that_outlives_its_handler_is_cancelled() -> None:
    router, ends = Router(), list[str]()

    async def go_on() -> None:
        try:
            await asyncio.sleep(60)
        except asyncio.CancelledError:
            ends.append("cancelled")
            raise

    @router.route("start")
    async def start() -> None:
        router.task = asyncio.create_task(go_on())  # type: ignore[attr-defined]
        await asyncio.sleep(0)

    with serving(router):
        WebSocketClient().connect().call("start")
    assert ends == ["cancelled"]
