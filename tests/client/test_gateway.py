"""The client for asyncio against a real local gateway."""

import asyncio
import json
from collections.abc import Callable
from typing import Any

import pytest
from pydantic import BaseModel, ValidationError

from tests.client.answering import Answering
from tests.local.conftest import Start
from tests.local.recording_backend import RecordingBackend, Response
from tests.local.running_gateway import RunningGateway
from wsrouter import MessageError
from wsrouter.client import (
    ConnectionLost,
    ConnectionRefused,
    Options,
    State,
    TicketError,
    connect,
)
from wsrouter.client.ticket_source import with_ticket
from wsrouter.local.rules.behaviour import Limits

FAST = Options(backoff_base=0.05, backoff_cap=0.2)


class Item(BaseModel):
    name: str
    count: int = 1


async def until(condition: Callable[[], Any], seconds: float = 30) -> None:
    async with asyncio.timeout(seconds):
        while not condition():  # noqa: ASYNC110  # of another thread
            await asyncio.sleep(0.01)


async def post(gateway: RunningGateway, connection_id: str, frame: Any) -> None:
    api, data = gateway.boto3(), json.dumps(frame).encode()
    await asyncio.to_thread(
        api.post_to_connection, ConnectionId=connection_id, Data=data
    )


def test_calls(gateway: RunningGateway, server: Answering) -> None:
    async def scenario() -> None:
        async with connect(gateway.url) as client:
            assert await client.call("echo", {"a": 1}) == {"a": 1}
            assert await client.call("echo") == {}
            item = await client.call("echo", Item(name="tea"), reply=Item)
            assert item == Item(name="tea")
            items = await client.call("echo", [item], reply=list[Item])
            assert items == [item]
            with pytest.raises(MessageError) as raised:
                await client.call("fail")
            assert (raised.value.code, raised.value.retry) == ("sold_out", True)
            with pytest.raises(TimeoutError):
                await client.call("silent", timeout=0.1)
            with pytest.raises(ValidationError):
                await client.call("echo", {"count": 1}, reply=Item)
            await client.send("note", {"b": 2})
            many = [client.call("echo", number) for number in range(50)]
            assert await asyncio.gather(*many) == list(range(50))
        assert client.state is State.CLOSED
        with pytest.raises(ConnectionLost):
            await client.call("echo")

    asyncio.run(scenario())
    assert "note" in server.actions


def test_a_message_of_many_frames(gateway: RunningGateway, server: Answering) -> None:
    async def scenario() -> None:
        async with connect(gateway.url) as client:
            for text in ("x" * 100_000, "ü€𝄞" * 10_000):
                assert await client.call("echo", text) == text

    asyncio.run(scenario())


def test_events(gateway: RunningGateway, server: Answering) -> None:
    async def scenario() -> None:
        async with connect(gateway.url) as client:
            items, frames = list[Any](), list[Any]()

            async def ordered(item: Item) -> None:
                items.append((item, await client.call("echo", item.count)))

            def failing(frame: Any) -> None:
                frames.append(frame)
                raise RuntimeError("one listener of several")

            end = client.on("ordered", ordered, Item)
            client.on("*", failing)
            await until(lambda: server.open)
            frame = {"type": "ordered", "id": "a" * 16, "payload": {"name": "tea"}}
            for number in (1, 1, 2):  # the second is posted twice
                changed = {**frame, "id": f"{number:016x}"}
                await post(gateway, server.open[0], changed)
            await until(lambda: len(items) == 2)
            assert items == [(Item(name="tea"), 1)] * 2
            end()
            await post(gateway, server.open[0], frame)
            await until(lambda: len(frames) == 3)
            assert len(items) == 2

    asyncio.run(scenario())


def drop(gateway: RunningGateway, *, detected: bool = True) -> None:
    """All sockets end without a closing handshake, or fall silent."""

    def act() -> None:
        for socket in gateway.gateway.open_sockets.oldest(100):
            socket.drop(detected=detected)

    gateway.do(act)


def test_a_lost_connection_comes_back(
    gateway: RunningGateway, server: Answering
) -> None:
    states: list[State] = []
    replies: list[Any] = []

    def silent() -> int:
        return server.actions.count("silent")

    async def scenario() -> None:
        async with connect(gateway.url, options=FAST) as client:
            client.on_state(lambda state, _: states.append(state))
            client.subscribe("echo", {"name": "x"}, reply=Item, on_reply=replies.append)
            for count in (1, 2, 3):
                await until(lambda count=count: len(replies) == count)
                under_way = asyncio.create_task(client.call("silent"))
                waiting = asyncio.create_task(client.call("echo", 7, retry=True))
                await until(lambda count=count: silent() == count)
                await asyncio.to_thread(drop, gateway)
                with pytest.raises(ConnectionLost) as raised:
                    await under_way
                assert raised.value.sent
                assert await waiting == 7
            await until(lambda: len(replies) == 4)
            assert client.state is State.OPEN

    asyncio.run(scenario())
    assert replies == [Item(name="x")] * 4
    assert states.count(State.WAITING) == 3


def test_silence_is_noticed(gateway: RunningGateway, server: Answering) -> None:
    options = Options(keep_alive=0.1, ping_timeout=0.2, backoff_base=0.05)

    async def scenario() -> None:
        async with connect(gateway.url, options=options) as client:
            await until(lambda: server.actions.count("wsrouter.ping") >= 2)
            await asyncio.to_thread(drop, gateway, detected=False)
            await until(lambda: client.state is not State.OPEN)
            await until(lambda: client.state is State.OPEN)
            assert await client.call("echo", 1) == 1

    asyncio.run(scenario())


def test_the_limits_are_never_hit(start: Start, server: Answering) -> None:
    """Neither the idle limit nor that of a socket's life, for longer than both."""
    gateway = start(limits=Limits(idle_seconds=2.0, lifetime_seconds=4.0))
    options = Options(keep_alive=0.3, hand_over=1.5, hand_over_spread=0.1, overlap=0.1)
    states: list[State] = []

    async def scenario() -> None:
        async with connect(gateway.url, options=options) as client:
            client.on_state(lambda state, _: states.append(state))
            await until(lambda: len(server.backend.of("DISCONNECT")) >= 4, 60.0)
            assert await client.call("echo", 1) == 1

    asyncio.run(scenario())
    assert states == [State.CLOSED] or states == []
    codes = {
        request.header("X-Wsrouter-Disconnect-Code")
        for request in server.backend.wait_for("DISCONNECT", 4)
    }
    assert codes == {"1000"}


@pytest.mark.parametrize("status", [401, 403])
def test_a_refused_handshake(
    gateway: RunningGateway, server: Answering, status: int
) -> None:
    server.refuse_with = status

    async def scenario() -> None:
        with pytest.raises(ConnectionRefused, match="The connection was") as raised:
            await connect(gateway.url)
        assert raised.value.status == status

    asyncio.run(scenario())


def test_other_failures_are_tried_again(
    gateway: RunningGateway, server: Answering
) -> None:
    server.refuse_with = 500

    async def scenario() -> None:
        client = connect(gateway.url, options=FAST)
        with pytest.raises(ConnectionLost, match="No connection within 0"):
            await client.opened(0.3)
        assert len(server.backend.of("CONNECT")) > 1
        server.refuse_with = 0
        await client.opened()
        assert await client.call("echo", 1) == 1
        await client.close()

    asyncio.run(scenario())


def test_tickets(gateway: RunningGateway, server: Answering) -> None:
    """A function, async or not; each attempt draws one, and one may fail."""
    drawn: list[str] = []

    def draw() -> str:
        drawn.append(f"t/{len(drawn)}")
        if len(drawn) == 1:
            raise OSError("the server does not answer")
        return drawn[-1]

    async def adraw() -> dict[str, Any]:
        return {"ticket": "of a view", "expires_in": 60}

    async def scenario() -> None:
        for ticket in (draw, adraw):
            async with connect(gateway.url, ticket=ticket, options=FAST) as client:
                assert await client.call("echo", 1) == 1

    asyncio.run(scenario())
    targets = [request.target for request in server.backend.of("CONNECT")]
    assert [target.partition("?")[2] for target in targets] == [
        "ticket=t%2F1",
        "ticket=of%20a%20view",
    ]


def test_a_ticket_that_is_refused_ends_the_client(gateway: RunningGateway) -> None:
    def draw() -> str:
        raise TicketError(403)

    async def scenario() -> None:
        with pytest.raises(ConnectionRefused, match="A ticket was refused") as raised:
            await connect(gateway.url, ticket=draw)
        assert raised.value.status == 403

    asyncio.run(scenario())


@pytest.mark.parametrize(
    ("status", "headers", "wait"),
    [(429, {"Retry-After": "7"}, 7.0), (302, {"Location": "/"}, 0.0), (500, {}, 0.0)],
)
def test_a_ticket_view_that_fails(
    backend: RecordingBackend, status: int, headers: dict[str, str], wait: float
) -> None:
    """It is asked again later; what was sent to it is not sent elsewhere."""
    backend.respond = lambda _: Response(status=status, headers=headers)
    secret = {"Authorization": "Bearer of-the-user"}

    async def scenario() -> TicketError:
        with pytest.raises(TicketError) as raised:
            await with_ticket("ws://127.0.0.1:9/", backend.url, secret, 30)
        return raised.value

    error = asyncio.run(scenario())
    assert (error.status, error.retry_after) == (status, wait)
    (request,) = backend.requests
    assert (request.method, request.header("Authorization")) == (
        "POST",
        "Bearer of-the-user",
    )


def test_too_many_tickets_are_waited_for(gateway: RunningGateway) -> None:
    def draw() -> str:
        raise TicketError(429, retry_after=60)

    async def scenario() -> float:
        client = connect(gateway.url, ticket=draw)
        await until(lambda: client.state is State.WAITING)
        due = client._protocol.deadline() - asyncio.get_running_loop().time()
        await client.close()
        return due

    assert asyncio.run(scenario()) > 30


def test_close_while_a_ticket_is_drawn(
    gateway: RunningGateway, server: Answering
) -> None:
    async def scenario() -> None:
        asked, never = asyncio.Event(), asyncio.Event()

        async def draw() -> str:
            asked.set()
            await never.wait()
            return "late"

        client = connect(gateway.url, ticket=draw)
        await asked.wait()
        await client.close()
        never.set()
        await asyncio.sleep(0)
        assert client.state is State.CLOSED

    asyncio.run(scenario())
    assert server.backend.of("CONNECT") == []


def test_a_call_that_is_cancelled(gateway: RunningGateway, server: Answering) -> None:
    async def scenario() -> None:
        async with connect(gateway.url) as client:
            call = asyncio.create_task(client.call("silent"))
            await until(lambda: "silent" in server.actions)
            call.cancel()
            with pytest.raises(asyncio.CancelledError):
                await call
            assert await client.call("echo", 1) == 1

    asyncio.run(scenario())


def test_a_listener_may_close_the_client(
    gateway: RunningGateway, server: Answering
) -> None:
    async def scenario() -> None:
        client = await connect(gateway.url)
        client.subscribe("echo", on_reply=lambda _: client.close())
        await until(lambda: client.state is State.CLOSED)
        await until(lambda: len(asyncio.all_tasks()) == 1)

    asyncio.run(scenario())
