"""`AsyncWebSocketClient`: the same in async tests, of Django and of anyio."""

import asyncio
import threading

import pytest
from asgiref.sync import sync_to_async
from django.contrib.auth.models import User
from django.test import TestCase, TransactionTestCase

from tests.django.client_routes import Watch, told
from wsrouter.models import OpenConnection
from wsrouter.testing import (
    AsyncWebSocketClient,
    ErrorFrame,
    HandshakeRefused,
    captured_events,
    faults,
)

pytestmark = pytest.mark.usefixtures("talking")


async def everything(user: User) -> None:
    async with AsyncWebSocketClient(user) as client:
        reply = await client.call("watch", Watch(order_id=7))
        assert reply == {"order_id": 7, "user": "ada"}
        await told.asend("pushed", group="orders")
        assert (await client.receive("told"))["payload"] == "pushed"
        with pytest.raises(ErrorFrame, match="sold_out"):
            await client.call("fail")
        with pytest.raises(RuntimeError, match="hunter2"):
            await client.call("crash")
        await client.send("tell", "all", id="1")
        assert [one["type"] for one in await client.frames] == ["reply", "told"]
        async with client.lost_posts():
            await told.asend("lost", everyone=True)
        async with faults.gone(client), captured_events() as sent:
            delivery = await told.asend("x", everyone=True)
        assert delivery.report is not None
        assert (delivery.report.gone, len(sent)) == (1, 1)
        assert await client.is_open
    assert await client.close_code == 1000
    assert not await OpenConnection.objects.aexists()
    with pytest.raises(HandshakeRefused):
        await AsyncWebSocketClient().connect(query="refuse")


class InATestCase(TestCase):
    async def test_everything(self) -> None:
        await everything(await User.objects.acreate(username="ada"))

    async def test_a_lost_connection(self) -> None:
        async with AsyncWebSocketClient() as client:
            first = client.connection_id
            async with client.offline():
                assert await client.close_code == 1006
            assert client.connection_id != first
            with pytest.raises(ZeroDivisionError):
                async with client.lost_posts():
                    raise ZeroDivisionError
            await client.call("facts")

    async def test_the_loop_goes_on(self) -> None:
        """A handler waits until a task of the test's loop has run."""
        async with AsyncWebSocketClient() as client:
            entered, go = threading.Event(), threading.Event()

            def hold(*_: object) -> None:
                entered.set()
                assert go.wait(30)

            run = sync_to_async(hold)
            holding = asyncio.create_task(run())
            calling = asyncio.create_task(client.call("facts"))
            while not entered.is_set():  # noqa: ASYNC110  # set in another thread
                await asyncio.sleep(0.001)
            assert not calling.done()
            go.set()
            await holding
            assert await calling


class InATransactionTestCase(TransactionTestCase):
    async def test_everything(self) -> None:
        await everything(await User.objects.acreate(username="ada"))
