"""Many open sockets of a WebSocket API in MiniStack, held by one thread."""

import asyncio
import io
import threading
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from websockets.asyncio.client import ClientConnection, connect

from tests import ministack
from wsrouter.aws import clients

STAGE = "live"
REGION = "eu-west-1"
TIMEOUT_SECONDS = 120
_AT_ONCE = 25
_LAMBDA = """
def connection_id(event, context):
    return {"statusCode": 200, "body": event["requestContext"]["connectionId"]}
"""
"""The Lambda function that answers with the connection id: clients learn it in no other
way."""


class OpenSockets:
    """WebSocket clients in one event loop; `sockets` are by connection id."""

    def __init__(self, address: str) -> None:
        self._address = address
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever)
        self._thread.start()
        self.sockets: dict[str, ClientConnection] = {}

    def open(self, count: int) -> None:
        while len(self.sockets) < count:
            opened = self._all(self._connect() for _ in range(_AT_ONCE))
            self.sockets |= dict(opened)

    def frames(self, connection_id: str, count: int) -> list[Any]:
        """The next so many frames of a socket."""
        socket = self.sockets[connection_id]
        return [self._all([socket.recv()])[0] for _ in range(count)]

    def close_some(self, ids: list[str]) -> None:
        self._all(self.sockets.pop(connection_id).close() for connection_id in ids)

    def close(self) -> None:
        self._all(socket.close() for socket in self.sockets.values())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    async def _connect(self) -> tuple[str, ClientConnection]:
        socket = await connect(
            self._address, open_timeout=TIMEOUT_SECONDS, ping_interval=None
        )
        await socket.send("connection id?")
        return str(await socket.recv()), socket

    def _all(self, coroutines: Any) -> list[Any]:
        async def gathered() -> list[Any]:
            return await asyncio.gather(*coroutines)

        return asyncio.run_coroutine_threadsafe(gathered(), self._loop).result(
            TIMEOUT_SECONDS
        )


@contextmanager
def opened(folder: Path) -> Iterator[tuple[OpenSockets, str]]:
    """An API without sockets yet, and its management endpoint."""
    with ministack.running(folder, services="apigateway,lambda") as url:
        path = f"/_aws/execute-api/{_api(url)}/{STAGE}"
        sockets = OpenSockets("ws" + url.removeprefix("http") + path)
        try:
            yield sockets, url + path
        finally:
            sockets.close()


def _api(url: str) -> str:
    function = clients.client("lambda", region=REGION, endpoint_url=url)
    arn = function.create_function(
        FunctionName="connection-id",
        Runtime="python3.11",
        Role="arn:aws:iam::000000000000:role/connection-id",
        Handler="answer.connection_id",
        Code={"ZipFile": _zipped("answer.py", _LAMBDA)},
    )["FunctionArn"]
    gateway = clients.client("apigatewayv2", region=REGION, endpoint_url=url)
    api: str = gateway.create_api(
        Name="sockets",
        ProtocolType="WEBSOCKET",
        RouteSelectionExpression="$request.body.action",
    )["ApiId"]
    integration = gateway.create_integration(
        ApiId=api,
        IntegrationType="AWS_PROXY",
        IntegrationUri=f"arn:aws:apigateway:{REGION}:lambda:path/2015-03-31/functions"
        f"/{arn}/invocations",
    )["IntegrationId"]
    gateway.create_route(
        ApiId=api, RouteKey="$default", PostTarget=f"integrations/{integration}"
    )
    gateway.create_stage(ApiId=api, StageName=STAGE)
    return api


def _zipped(name: str, text: str) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr(name, text)
    return packed.getvalue()
