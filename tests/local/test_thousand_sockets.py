"""A thousand sockets at once."""

import asyncio
from contextlib import AsyncExitStack

import aiohttp
from websockets.asyncio.client import ClientConnection, connect

from tests.local.recording_backend import RecordingBackend
from tests.local.running_gateway import RunningGateway

SOCKETS = 1000
SIGNED = {
    "Authorization": "AWS4-HMAC-SHA256"
    " Credential=local/20260101/eu-west-1/execute-api/aws4_request,"
    " SignedHeaders=host;x-amz-date, Signature=" + "0" * 64
}


async def open_clients(
    gateway: RunningGateway, stack: AsyncExitStack
) -> list[ClientConnection]:
    """All clients; at most fifty handshakes run at a time."""
    slots = asyncio.Semaphore(50)

    async def work() -> ClientConnection:
        async with slots:
            waiting = connect(
                gateway.url,
                proxy=None,
                compression=None,
                ping_interval=None,
                open_timeout=60,
            )
            return await stack.enter_async_context(waiting)

    return await asyncio.gather(*(work() for _ in range(SOCKETS)))


async def post_ids(gateway: RunningGateway, ids: list[str]) -> None:
    """Post to each connection its own id."""
    slots = asyncio.Semaphore(50)
    async with aiohttp.ClientSession(headers=SIGNED) as session:

        async def work(connection_id: str) -> None:
            url = f"{gateway.management_endpoint}/@connections/{connection_id}"
            async with slots, session.post(url, data=connection_id) as answer:
                assert answer.status == 200

        await asyncio.gather(*map(work, ids))


async def gets_nothing(client: ClientConnection) -> bool:
    try:
        await asyncio.wait_for(client.recv(), 0.2)
    except TimeoutError:
        return True
    return False


def test_each_of_a_thousand_gets_its_own_push_once(
    backend: RecordingBackend, gateway: RunningGateway
) -> None:
    async def run() -> None:
        async with AsyncExitStack() as stack:
            clients = await open_clients(gateway, stack)
            ids = [
                str(request.header("X-Wsrouter-Connection-Id"))
                for request in backend.of("CONNECT")
            ]
            assert len(set(ids)) == SOCKETS
            await post_ids(gateway, ids)
            frames = [await asyncio.wait_for(client.recv(), 60) for client in clients]
            assert sorted(map(str, frames)) == sorted(ids)
            assert all(await asyncio.gather(*map(gets_nothing, clients)))

    asyncio.run(run())
    backend.wait_for("DISCONNECT", SOCKETS, seconds=60)
