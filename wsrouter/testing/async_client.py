"""The test client for async tests: the sync one, whose work is done in a thread.

In memory that is the thread that has the test's database connections, as for every
`sync_to_async`. What waits for the network has a thread of its own.
"""

from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import AbstractContextManager, asynccontextmanager
from typing import Any, ClassVar, Concatenate, ParamSpec, Self, TypeVar, Unpack

from asgiref.sync import sync_to_async

from wsrouter.following.question import Positions
from wsrouter.testing import client_sockets
from wsrouter.testing.client import WebSocketClient
from wsrouter.testing.connect_options import Handshake
from wsrouter.testing.inbox import Gap
from wsrouter.testing.simulated_gateway import close_connections_of_thread

P = ParamSpec("P")
T = TypeVar("T")


def _awaited(
    method: Callable[Concatenate[WebSocketClient, P], T],
) -> Callable[Concatenate["AsyncWebSocketClient", P], Coroutine[Any, Any, T]]:
    async def call(
        client: "AsyncWebSocketClient", /, *args: P.args, **options: P.kwargs
    ) -> T:
        return await client._run(lambda: method(client._client, *args, **options))

    call.__doc__ = method.__doc__
    return call


class AsyncWebSocketClient:
    """As WebSocketClient, with `await` before everything that uses the connection, its
    properties too: `await client.frames`."""

    at: ClassVar[str] = ""
    timeout: ClassVar[float] = WebSocketClient.timeout

    def __init__(
        self,
        user: Any = None,
        *,
        gateway: str = "default",
        raise_exceptions: bool = True,
        since: Positions | None = None,
    ) -> None:
        kind = type("Client", (WebSocketClient,), _chosen_by(type(self)))
        self._client: WebSocketClient = kind(
            user, gateway=gateway, raise_exceptions=raise_exceptions, since=since
        )
        self._is_in_memory = client_sockets.is_in_memory(self.at)

    send = _awaited(WebSocketClient.send)
    send_text = _awaited(WebSocketClient.send_text)
    call = _awaited(WebSocketClient.call)
    ping = _awaited(WebSocketClient.ping)
    subscribe = _awaited(WebSocketClient.subscribe)
    unsubscribe = _awaited(WebSocketClient.unsubscribe)
    receive = _awaited(WebSocketClient.receive)
    wait_closed = _awaited(WebSocketClient.wait_closed)
    force_gap = _awaited(WebSocketClient.force_gap)

    async def connect(self, **options: Unpack[Handshake]) -> Self:
        """The async twin of `WebSocketClient.connect`, with the same options."""
        await self._run(lambda: self._client.connect(**options))
        return self

    async def reconnect(self, **changes: Unpack[Handshake]) -> Self:
        """The async twin of `WebSocketClient.reconnect`."""
        await self._run(lambda: self._client.reconnect(**changes))
        return self

    async def disconnect(self, code: int = 1000, reason: str = "") -> None:
        """Close the connection from the client's side, if it is open."""
        await self._run(lambda: self._client.disconnect(code, reason))
        await sync_to_async(close_connections_of_thread)()

    async def __aenter__(self) -> Self:
        return await self.connect()

    async def __aexit__(self, *_: object) -> None:
        await self.disconnect()
        self._client._socket.leave()

    @asynccontextmanager
    async def offline(self) -> AsyncIterator[None]:
        """Lose the connection, and reconnect at the end of the block: what is sent in
        it is missed."""
        async with self._in_block(self._client.offline()):
            yield

    @asynccontextmanager
    async def lost_posts(self) -> AsyncIterator[None]:
        """What is sent in the block does not arrive, and the connection stays open."""
        async with self._in_block(self._client.lost_posts()):
            yield

    @property
    def connection_id(self) -> str:
        """Another one for each connection. Raises NotAtThisGateway for a deployed
        API."""
        return self._client.connection_id

    @property
    def subprotocol(self) -> str:
        """The one that the handshake has accepted."""
        return self._client.subprotocol

    @property
    def is_open(self) -> Coroutine[Any, Any, bool]:
        """`await client.is_open`: whether the connection is open."""
        return self._run(lambda: self._client.is_open)

    @property
    def close_code(self) -> Coroutine[Any, Any, int | None]:
        """`await client.close_code`: None while the connection is open."""
        return self._run(lambda: self._client.close_code)

    @property
    def frames(self) -> Coroutine[Any, Any, list[dict[str, Any]]]:
        """`await client.frames`: those that have arrived and were not received yet."""
        return self._run(lambda: self._client.frames)

    @property
    def gaps(self) -> Coroutine[Any, Any, list[Gap]]:
        """`await client.gaps`: what was missed for good until now."""
        return self._run(lambda: self._client.gaps)

    async def _run(self, act: Callable[[], T]) -> T:
        run = sync_to_async(act, thread_sensitive=self._is_in_memory)
        return await run()

    @asynccontextmanager
    async def _in_block(
        self, block: AbstractContextManager[None]
    ) -> AsyncIterator[None]:
        await self._run(block.__enter__)
        try:
            yield
        except BaseException as error:
            found = error
            if not await self._run(lambda: _ends_with(block, found)):
                raise
        else:
            await self._run(lambda: block.__exit__(None, None, None))


def _ends_with(block: AbstractContextManager[None], error: BaseException) -> bool:
    return bool(block.__exit__(type(error), error, error.__traceback__))


def _chosen_by(kind: type[AsyncWebSocketClient]) -> dict[str, Any]:
    """What a subclass has chosen for its clients."""
    return {"at": kind.at, "timeout": kind.timeout}
