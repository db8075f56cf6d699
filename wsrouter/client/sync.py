"""The client for programs without an event loop: the one for asyncio, in a thread.

Listeners run one after the other in a second thread, so that they may make calls.
"""

import asyncio
import threading
from collections.abc import Callable, Coroutine
from concurrent.futures import ThreadPoolExecutor
from types import TracebackType
from typing import Any, Concatenate, ParamSpec, Self, TypeVar

from wsrouter.client import asyncio_client as for_asyncio
from wsrouter.client.connection_errors import ConnectionLost
from wsrouter.client.effects import State

__all__ = ["Client", "connect"]

P = ParamSpec("P")
T = TypeVar("T")


def _blocking(
    method: Callable[Concatenate[for_asyncio.Client, P], Coroutine[Any, Any, T]],
) -> Callable[Concatenate["Client", P], T]:
    def call(client: "Client", /, *args: P.args, **options: P.kwargs) -> T:
        return client._run(method(client._client, *args, **options))

    call.__doc__ = method.__doc__
    return call


def _in_loop(
    method: Callable[Concatenate[for_asyncio.Client, P], T],
) -> Callable[Concatenate["Client", P], T]:
    def call(client: "Client", /, *args: P.args, **options: P.kwargs) -> T:
        async def act() -> T:
            return method(client._client, *args, **options)

        return client._run(act())

    call.__doc__ = method.__doc__
    return call


def _undone_in_loop(
    method: Callable[Concatenate[for_asyncio.Client, P], Callable[[], None]],
) -> Callable[Concatenate["Client", P], Callable[[], None]]:
    """For a method that returns a function which undoes it."""
    in_loop = _in_loop(method)

    def call(
        client: "Client", /, *args: P.args, **options: P.kwargs
    ) -> Callable[[], None]:
        undo = in_loop(client, *args, **options)
        return lambda: client._soon(undo)

    call.__doc__ = method.__doc__
    return call


class Client:
    """A connection that comes back, made by `connect`; any thread may use it."""

    def __init__(self, url: str, **options: Any) -> None:
        """Takes what `wsrouter.client.connect` takes."""
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(
            target=self._loop.run_forever, name="wsrouter-client", daemon=True
        )
        self._thread.start()
        self._pool = ThreadPoolExecutor(1, "wsrouter-client-listeners")

        async def start() -> for_asyncio.Client:
            return for_asyncio.Client(url, executor=self._pool, **options)

        try:
            self._client = self._run(start())
        except BaseException:
            self._stop()
            raise

    opened = _blocking(for_asyncio.Client.opened)
    call = _blocking(for_asyncio.Client.call)
    send = _blocking(for_asyncio.Client.send)
    on = _undone_in_loop(for_asyncio.Client.on)
    on_state = _undone_in_loop(for_asyncio.Client.on_state)
    on_error = _undone_in_loop(for_asyncio.Client.on_error)
    on_gap = _undone_in_loop(for_asyncio.Client.on_gap)
    subscribe = _undone_in_loop(for_asyncio.Client.subscribe)
    presence = _in_loop(for_asyncio.Client.presence)

    @property
    def state(self) -> State:
        """`connecting`, `open`, `waiting` (for the next attempt), `closed` or
        `refused`."""
        return self._client.state

    def close(self) -> None:
        """End for good. Calls that are not answered yet raise ConnectionLost."""
        if self._loop.is_closed():
            return
        self._run(self._client.close())
        self._stop()

    def __enter__(self) -> Self:
        try:
            self.opened()
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def _run(self, coroutine: Coroutine[Any, Any, T]) -> T:
        if self._loop.is_closed():
            coroutine.close()
            raise ConnectionLost("The client was closed.")
        future = asyncio.run_coroutine_threadsafe(coroutine, self._loop)
        try:
            return future.result()
        except BaseException:
            future.cancel()
            raise

    async def _cancel_all(self) -> None:
        """Of a client that was interrupted while it was made."""
        left = asyncio.all_tasks() - {asyncio.current_task()}
        for task in left:
            task.cancel()
        await asyncio.gather(*left, return_exceptions=True)

    def _soon(self, act: Callable[[], None]) -> None:
        if not self._loop.is_closed():
            self._loop.call_soon_threadsafe(act)

    def _stop(self) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.run_until_complete(self._cancel_all())
        self._loop.run_until_complete(self._loop.shutdown_default_executor())
        self._loop.close()
        self._pool.shutdown(wait=False)


connect = Client
"""`with connect(url) as client:`."""
