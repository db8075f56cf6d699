"""The client for programs without an event loop, against a real local gateway."""

import threading
from queue import Queue
from typing import Any

import pytest

from tests.client.answering import Answering
from tests.client.test_gateway import FAST, Item
from tests.local.recording_backend import wait_until
from tests.local.running_gateway import RunningGateway, running, snapshot
from wsrouter import MessageError
from wsrouter.client import CallTimeout, ConnectionLost, ConnectionRefused, State
from wsrouter.client.sync import connect


def test_calls(gateway: RunningGateway, server: Answering) -> None:
    with connect(gateway.url) as client:
        assert client.state is State.OPEN
        assert client.call("echo", Item(name="tea"), reply=Item) == Item(name="tea")
        client.send("note")
        with pytest.raises(MessageError) as raised:
            client.call("fail")
        assert raised.value.code == "sold_out"
        with pytest.raises(CallTimeout):
            client.call("silent", timeout=0.1)
    assert client.state is State.CLOSED
    with pytest.raises(ConnectionLost):
        client.call("echo")
    client.close()
    assert "note" in server.actions


def test_threads_share_a_client(gateway: RunningGateway, server: Answering) -> None:
    answers: Queue[Any] = Queue()
    with connect(gateway.url) as client:

        def ask(number: int) -> None:
            answers.put(client.call("echo", number))

        threads = [threading.Thread(target=ask, args=(n,)) for n in range(20)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert sorted(answers.get() for _ in threads) == list(range(20))


def test_listeners_may_make_calls(gateway: RunningGateway, server: Answering) -> None:
    heard: Queue[Any] = Queue()
    with connect(gateway.url) as client:

        def ordered(item: Item) -> None:
            heard.put((item, client.call("echo", item.count)))

        end = client.on("ordered", ordered, Item)
        wait_until(lambda: bool(server.open))
        frame = b'{"type": "ordered", "id": "00", "payload": {"name": "tea"}}'
        api = gateway.boto3()
        api.post_to_connection(ConnectionId=server.open[0], Data=frame)
        assert heard.get(timeout=30) == (Item(name="tea"), 1)
        end()


def test_a_gateway_that_restarts(server: Answering) -> None:
    replies: Queue[Any] = Queue()
    with running(snapshot(), server.backend.url) as first:
        client = connect(first.url, options=FAST)
        client.opened()
        end = client.subscribe("echo", 1, on_reply=replies.put)
        assert replies.get(timeout=30) == 1
    wait_until(lambda: client.state is not State.OPEN)
    with running(snapshot(), server.backend.url, port=first.port):
        assert replies.get(timeout=30) == 1
        end()
        assert client.call("echo", 2, queue=True) == 2
        client.close()


def client_threads() -> list[str]:
    names = [thread.name for thread in threading.enumerate()]
    return [name for name in names if name.startswith("wsrouter-client")]


def test_a_refused_client_leaves_nothing(
    gateway: RunningGateway, server: Answering
) -> None:
    server.refuse_with = 401
    with pytest.raises(ConnectionRefused), connect(gateway.url):
        pass
    wait_until(lambda: not client_threads())


def test_a_wrong_option_leaves_nothing() -> None:
    with pytest.raises(TypeError):
        connect("ws://127.0.0.1:9/", nonsense=True)
    assert not client_threads()
