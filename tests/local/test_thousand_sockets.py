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


async def opened(
    gateway: RunningGateway, stack: AsyncExitStack
) -> list[ClientConnection]:
    """All of them, some fifty handshakes at a time."""
    room = asyncio.Semaphore(50)

    async def one() -> ClientConnection:
        async with room:
            waiting = connect(
                gateway.url,
                proxy=None,
                compression=None,
                ping_interval=None,
                open_timeout=60,
            )
            return await stack.enter_async_context(waiting)

    return await asyncio.gather(*(one() for _ in range(SOCKETS)))


async def pushed(gateway: RunningGateway, ids: list[str]) -> None:
    """A frame of its own to each of them: its connection id."""
    room = asyncio.Semaphore(50)
    async with aiohttp.ClientSession(headers=SIGNED) as session:

        async def one(connection_id: str) -> None:
            url = f"{gateway.management_endpoint}/@connections/{connection_id}"
            async with room, session.post(url, data=connection_id) as answer:
                assert answer.status == 200

        await asyncio.gather(*map(one, ids))


async def silent(client: ClientConnection) -> bool:
    try:
        await asyncio.wait_for(client.recv(), 0.2)
    except TimeoutError:
        return True
    return False


def test_each_of_a_thousand_gets_its_own_push_once(
    backend: RecordingBackend, gateway: RunningGateway
) -> None:
    async def scene() -> None:
        async with AsyncExitStack() as stack:
            clients = await opened(gateway, stack)
            ids = [
                str(each.header("X-Wsrouter-Connection-Id"))
                for each in backend.of("CONNECT")
            ]
            assert len(set(ids)) == SOCKETS
            await pushed(gateway, ids)
            frames = [await asyncio.wait_for(client.recv(), 60) for client in clients]
            assert sorted(map(str, frames)) == sorted(ids)
            assert all(await asyncio.gather(*map(silent, clients)))

    asyncio.run(scene())
    backend.wait_for("DISCONNECT", SOCKETS, seconds=60)
