"""Many clients in one process, as load scripts and bridges have them."""

import asyncio
import os

from tests.client.answering import Answering
from tests.client.test_gateway import until
from tests.local.running_gateway import RunningGateway
from wsrouter.client import Client, Options, State, connect

COUNT = int(os.environ.get("WSROUTER_CLIENTS", "100"))
AT_ONCE = 50


def test_many_clients(gateway: RunningGateway, server: Answering) -> None:
    """They open, call, hear that their gateway has dropped them, and come back."""
    options = Options(backoff_base=0.2, connect_timeout=60.0)

    async def scenario() -> None:
        clients = [connect(gateway.url, options=options) for _ in range(COUNT)]
        await asyncio.gather(*(client.opened(60) for client in clients))
        assert await answers(clients) == list(range(COUNT))
        dropped = len(clients)

        def act() -> None:
            for socket in gateway.gateway.open_sockets.oldest(dropped):
                socket.drop()

        await asyncio.to_thread(gateway.do, act)
        await until(lambda: any(client.state is not State.OPEN for client in clients))
        await until(lambda: all(client.state is State.OPEN for client in clients), 120)
        assert await answers(clients) == list(range(COUNT))
        await asyncio.gather(*(client.close() for client in clients))
        assert len(asyncio.all_tasks()) == 1

    asyncio.run(scenario())


async def answers(clients: list[Client]) -> list[int]:
    gate = asyncio.Semaphore(AT_ONCE)

    async def answer(number: int, client: Client) -> int:
        async with gate:
            return await client.call("echo", number, reply=int)

    return await asyncio.gather(*(answer(*each) for each in enumerate(clients)))
