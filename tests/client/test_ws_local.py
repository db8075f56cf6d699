"""The client against `manage.py ws_local` with Django behind it, as programs use it."""

import asyncio
import os
from contextlib import suppress
from queue import Queue
from typing import Any

import pytest
from pydantic import BaseModel

from tests.client.network import Network
from tests.client.test_gateway import FAST, until
from tests.e2e.ws_local_stack import Stack
from wsrouter import MessageError
from wsrouter.client import ConnectionRefused, Gap, Options, State, connect, sync

HAND_OVERS = int(os.environ.get("WSROUTER_HAND_OVERS", "3"))
CSRF = "a" * 32


class Said(BaseModel):
    text: str
    by: str


class Announcement(BaseModel):
    text: str


@pytest.fixture
def cookie(stack: Stack) -> str:
    return str(stack.get("/enter/ada/")["cookie"])


def test_types_and_errors(stack: Stack, cookie: str) -> None:
    with sync.connect(stack.url, headers={"Cookie": cookie}) as client:
        said = client.call("say", {"text": "ho", "times": 2}, reply=Said)
        assert said == Said(text="hoho", by="ada")
        with pytest.raises(MessageError) as raised:
            client.call("say", {"times": "x"})
        assert raised.value.code == "invalid_payload"
        assert {problem["loc"][0] for problem in raised.value.detail} == {
            "text",
            "times",
        }
        assert client.call("wsrouter.ping") == {}
        tables = {"groups": ["table:ada-1", "table:ada-2"]}
        assert client.call("wsrouter.join", tables) == tables
        with pytest.raises(MessageError, match="'table:bob'") as refused:
            client.call("wsrouter.join", {"groups": ["table:ada-3", "table:bob"]})
        assert refused.value.code == "permission_denied"
        assert client.call("wsrouter.leave", tables) == tables


def test_without_a_session(stack: Stack) -> None:
    with (
        pytest.raises(ConnectionRefused, match="refused with 401"),
        sync.connect(stack.url),
    ):
        pass


def ticket_options(stack: Stack, cookie: str) -> dict[str, Any]:
    headers = {"Cookie": f"{cookie}; csrftoken={CSRF}", "X-CSRFToken": CSRF}
    url = f"http://127.0.0.1:{stack.django_port}/ws/ticket/"
    return {"ticket": url, "ticket_headers": headers}


def test_a_ticket_from_its_view(stack: Stack, cookie: str) -> None:
    with sync.connect(stack.url, **ticket_options(stack, cookie)) as client:
        assert client.call("say", {"text": "ho"}, reply=Said).by == "ada"


def test_a_ticket_that_the_view_refuses(stack: Stack) -> None:
    client = sync.connect(stack.url, **ticket_options(stack, "sessionid=none"))
    with pytest.raises(ConnectionRefused, match="refused with 401"):
        client.opened()
    assert client.state is State.REFUSED
    client.close()


def test_hand_overs_lose_and_double_nothing(stack: Stack, cookie: str) -> None:
    """An event every 50 ms, sent to a group that each socket joins as it opens. A send
    must end within the overlap, however busy the machine is."""
    options = Options(hand_over=3.0, hand_over_spread=0.2, overlap=6.0)
    heard: list[int] = []
    states: list[State] = []

    async def announce(until_done: asyncio.Event) -> int:
        count = 0
        while not until_done.is_set():
            await asyncio.to_thread(stack.get, f"/announce/{count}/")
            count += 1
            await asyncio.sleep(0.05)
        return count

    async def scenario() -> int:
        done, ids = asyncio.Event(), set[str]()
        headers = {"Cookie": cookie}
        async with connect(stack.url, headers=headers, options=options) as client:
            client.on_state(lambda state, _: states.append(state))
            client.on(
                "room.announced", lambda it: heard.append(int(it.text)), Announcement
            )
            client.subscribe("who.am.i", on_reply=ids.add)
            sending = asyncio.create_task(announce(done))
            await until(lambda: len(ids) > HAND_OVERS, 120 + HAND_OVERS)
            done.set()
            count = await sending
            with suppress(TimeoutError):  # the numbers say which is missing
                await until(lambda: len(heard) >= count)
        return count

    count = asyncio.run(scenario())
    assert count > HAND_OVERS
    assert sorted(heard) == list(range(count))
    assert State.WAITING not in states


async def command(stack: Stack, *arguments: str) -> None:
    done = await asyncio.to_thread(stack.manage, *arguments)
    assert done.returncode == 0, done.stderr


def test_kept_events_of_the_time_without_a_network_come_in_order(
    stack: Stack, cookie: str
) -> None:
    heard: list[Any] = []
    gaps: list[Gap] = []
    payload = {"groups": ["table:ada-7"]}

    async def change(*texts: str) -> None:
        for text in texts:
            await asyncio.to_thread(stack.get, f"/change/ada-7/{text}/")

    async def scenario(network: Network) -> None:
        url = stack.url.replace(str(stack.port), str(network.port))
        async with connect(url, headers={"Cookie": cookie}, options=FAST) as client:
            client.on("table.changed", heard.append)
            client.on_gap(gaps.append)
            client.subscribe(
                "wsrouter.join", payload, on_reply=lambda _: heard.append("reply")
            )
            await until(lambda: heard == ["reply"])
            await change("a")
            await until(lambda: {"text": "a"} in heard)
            await network.cut()
            await until(lambda: client.state is not State.OPEN)
            await change("b", "c")
            await network.restore()
            await until(lambda: {"text": "c"} in heard)
            assert (heard[2:], gaps) == (["reply", {"text": "b"}, {"text": "c"}], [])
            await network.cut()
            await change("d")
            await command(stack, "ws_streams", "--new-epochs")
            await network.restore()
            await until(lambda: gaps)
            await change("e")
            await until(lambda: {"text": "e"} in heard)

    async def with_network() -> None:
        async with Network(stack.port) as network:
            await scenario(network)

    asyncio.run(with_network())
    assert heard[5:] == ["reply", {"text": "e"}]
    of_subscriptions = [gap[1:] for gap in gaps if gap.action]
    assert of_subscriptions == [("wsrouter.join", payload)]


def test_kept_events_without_an_event_loop(stack: Stack, cookie: str) -> None:
    gaps: Queue[Gap] = Queue()
    heard: Queue[Any] = Queue()
    options = Options(hold=0.1)
    headers = {"Cookie": cookie}
    with sync.connect(stack.url, headers=headers, since={}, options=options) as client:
        client.on("table.changed", heard.put)
        client.subscribe(
            "wsrouter.join",
            {"groups": ["table:ada-8"]},
            on_reply=heard.put,
            on_gap=gaps.put,
        )
        assert heard.get(timeout=30) == {"groups": ["table:ada-8"]}
        stack.get("/change/ada-8/a/")
        assert heard.get(timeout=30) == {"text": "a"}
        assert stack.manage("ws_streams", "--new-epochs").returncode == 0
        stack.get("/change/ada-8/b/")
        assert gaps.get(timeout=30).action == "wsrouter.join"
        assert client.state is State.OPEN
