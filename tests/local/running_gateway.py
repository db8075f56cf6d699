"""The local gateway in a thread of the test, on a free port of the loopback."""

import asyncio
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Any

import boto3
from botocore.config import Config
from websockets.sync.client import ClientConnection, connect

from tests.local.recording_backend import wait_until
from wsrouter.catalog.snapshot import Api, Integration, RouteEntry, Snapshot, Stage
from wsrouter.local.gateway import LocalGateway
from wsrouter.local.journal import Entry
from wsrouter.local.process import server
from wsrouter.local.process.listener import bind
from wsrouter.local.rules.behaviour import Behaviour, Limits
from wsrouter.local.sockets.backend import Backend
from wsrouter.local.sockets.local_api import LocalApi
from wsrouter.local.sockets.open_sockets import OpenSocket
from wsrouter.wire import mapping

SECRET = "a-secret-of-the-tests"


def snapshot(
    *keys: str,
    two_way: bool = True,
    uri: str = "http://127.0.0.1:9/ws/",
    timeout_millis: int = 29_000,
    parameters: dict[str, str] | None = None,
    unmanaged: tuple[str, ...] = (),
) -> Snapshot:
    """An API with these routes, by default the three that every gateway has."""
    routes = {
        key: RouteEntry(
            key=key, two_way=two_way and key not in {"$connect", "$disconnect"}
        )
        for key in keys or ("$connect", "$disconnect", "$default")
    }
    mapped = mapping.request_parameters(alias="default", secret=SECRET)
    return Snapshot(
        api=Api(name="shop", route_selection_expression="$request.body.action"),
        integration=Integration(
            uri=uri,
            description="wsrouter:default",
            timeout_millis=timeout_millis,
            request_parameters=mapped if parameters is None else parameters,
        ),
        routes=routes,
        stage=Stage(name="production"),
        unmanaged=unmanaged,
    )


@dataclass(kw_only=True)
class RunningGateway:
    """A running gateway, with the clients that a test needs."""

    port: int
    gateway: LocalGateway
    loop: asyncio.AbstractEventLoop
    entries: list[Entry] = field(default_factory=list)

    @property
    def url(self) -> str:
        return f"ws://127.0.0.1:{self.port}/production"

    @property
    def management_endpoint(self) -> str:
        return f"http://127.0.0.1:{self.port}/production"

    def connect(self, query: str = "", **options: Any) -> ClientConnection:
        options = {"compression": None, "proxy": None, "open_timeout": 30} | options
        return connect(self.url + query, **options)

    def open(self, **options: Any) -> ClientConnection:
        """A connection that stays open until the test or the gateway closes it."""
        return self.connect(**options).__enter__()

    def do(self, action: Callable[[], None]) -> None:
        """Run `action` in the gateway's thread and wait for it."""

        async def done() -> None:
            action()

        asyncio.run_coroutine_threadsafe(done(), self.loop).result(30)

    def pass_time(self, socket: OpenSocket, seconds: float) -> None:
        """Let the limits of `socket` act as if that time had passed.

        Real waiting would race with the work of the test on a busy machine.
        """

        def shift() -> None:
            socket._opened -= seconds
            socket._active -= seconds
            assert socket._timer is not None
            action = socket._abort if socket.closing else socket._check_limits
            remaining = socket._timer.when() - self.loop.time() - seconds
            socket._schedule(remaining, action)

        self.do(shift)

    def socket(self, connection_id: str) -> OpenSocket:
        """The open socket, which is listed soon after the client has its 101."""
        found: list[OpenSocket] = []

        def look_up() -> bool:
            socket = self.gateway.open_sockets.get(connection_id)
            found.extend([socket] if socket else [])
            return bool(found)

        wait_until(look_up)
        return found[0]

    def post_often(self, connection_id: str) -> None:
        """Post far more than any buffer holds for a client that does not read."""
        api = self.boto3()
        for _ in range(300):
            api.post_to_connection(ConnectionId=connection_id, Data=b"x" * 128 * 1024)

    def boto3(self, stage: str = "production", attempts: int = 1) -> Any:
        return boto3.client(
            "apigatewaymanagementapi",
            endpoint_url=f"http://127.0.0.1:{self.port}/{stage}",
            region_name="eu-west-1",
            aws_access_key_id="local",
            aws_secret_access_key="local",
            config=Config(retries={"mode": "standard", "total_max_attempts": attempts}),
        )


@contextmanager
def running(
    served: Snapshot,
    uri: str,
    *,
    limits: Limits | None = None,
    behaviour: Behaviour | None = None,
    port: int = 0,
    **options: Any,
) -> Iterator[RunningGateway]:
    entries: list[Entry] = []
    integration = replace(served.integration, uri=uri)
    served = replace(served, integration=integration)
    api = LocalApi(snapshot=served, backend=Backend(), behaviour=behaviour, **options)
    gateway = LocalGateway(api, limits=limits, write_entry=entries.append)
    listener = bind("127.0.0.1", port)
    listener.listen()
    port = listener.getsockname()[1]
    stopping, ready = asyncio.Event(), threading.Event()
    loops: list[asyncio.AbstractEventLoop] = []

    async def main() -> None:
        loops.append(asyncio.get_running_loop())
        ready.set()
        await server.serve(gateway, listener, stopping)

    thread = threading.Thread(target=lambda: asyncio.run(main()))
    thread.start()
    ready.wait()
    try:
        yield RunningGateway(port=port, gateway=gateway, loop=loops[0], entries=entries)
    finally:
        loops[0].call_soon_threadsafe(stopping.set)
        thread.join(60)
        assert not thread.is_alive(), "the gateway did not end"
