"""What is told of handshakes is what was measured, and it is told of all of them."""

import asyncio

import pytest

from tests.benchmarks import page, storm_table
from tests.benchmarks.storms import gateway
from tests.benchmarks.test_servers import answering

REQUEST = b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n"


def test_what_is_told_is_what_was_measured() -> None:
    assert page.part(storm_table.NAME) == storm_table.told()


def test_every_client_is_let_in_once() -> None:
    with answering((200, b"{}")) as port:
        posts = gateway.handshakes(port, iter([REQUEST] * 50), 8)
        took = asyncio.run(posts)
    assert len(took) == 50
    assert all(each > 0 for each in took)


def test_one_client_that_is_refused_is_noticed() -> None:
    good = 200, b"{}"
    with (
        answering(good, good, (401, b""), good) as port,
        pytest.raises(ExceptionGroup) as raised,
    ):
        asyncio.run(gateway.handshakes(port, iter([REQUEST] * 50), 2))
    [error] = raised.value.exceptions
    assert "(401, " in str(error)


def test_messages_are_sent_when_they_are_due() -> None:
    async def sent(port: int) -> list[float]:
        over = asyncio.Event()
        messages = asyncio.create_task(gateway.messages(port, REQUEST, 20, over))
        await gateway.handshakes(port, iter([REQUEST] * 50), 2)
        over.set()
        return await messages

    with answering((200, b"{}")) as port:
        assert asyncio.run(sent(port))
