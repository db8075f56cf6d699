"""Runs a gateway, and the backend process it may start, until a signal ends both."""

import asyncio
import signal
import socket
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any

from wsrouter.errors import WSRouterError
from wsrouter.local.gateway import Gateway
from wsrouter.local.journal import NameOf, Record, unknown
from wsrouter.local.process import listener, server
from wsrouter.local.process.api_description import Served, Source, hints
from wsrouter.local.process.child_process import Child
from wsrouter.local.process.reloader import Reload
from wsrouter.local.rules import message_schema
from wsrouter.local.rules.behaviour import Behaviour, Limits
from wsrouter.local.sockets.backend import Backend
from wsrouter.local.sockets.local_api import Api

_SIGNALS = ("SIGINT", "SIGTERM", "SIGHUP", "SIGBREAK")


class BackendEnded(WSRouterError):
    """The backend process ended before it answered."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Launch:
    """What to run. `child` answers at the `address`, if there is one; `source` tells
    what to serve once that was reloaded, or when asked; `say` gets lines for people;
    `principal` is whom an authorizer names."""

    served: Served
    listener: socket.socket
    greeting: str
    say: Callable[[str], None]
    record: Record
    name_of: NameOf = unknown
    limits: Limits
    behaviour: Behaviour
    principal: str
    source: Source
    child: Child | None = None
    address: tuple[str, int] = ("127.0.0.1", 8000)
    patience_seconds: float = 60.0


async def run(launch: Launch) -> None:
    """Run until a signal; a second one does not wait for the `$disconnect`s."""
    message_schema.require(launch.served.snapshot)
    stopping = asyncio.Event()
    child = launch.child
    with _signals(stopping), launch.listener:
        if child is None:
            await _serve(launch, stopping)
            return
        await child.start()
        try:
            await _until_ready(child, launch, stopping)
            await _serve(launch, stopping, _watch(child, launch, stopping))
        finally:
            await child.end()


async def _serve(
    launch: Launch, stopping: asyncio.Event, *beside: Coroutine[Any, Any, None]
) -> None:
    if stopping.is_set():
        for each in beside:
            each.close()
        return
    gateway = _gateway(launch)
    reload = _reload(launch, gateway)
    watched = [reload.run()] if launch.child else []
    tasks = [asyncio.create_task(each) for each in [*beside, *watched]]
    try:
        with reload.asked():
            launch.listener.listen()
            launch.say("\n".join([*hints(launch.served), launch.greeting]))
            await server.serve(gateway, launch.listener, stopping)
    finally:
        for task in tasks:
            task.cancel()


def _gateway(launch: Launch) -> Gateway:
    api = Api(
        snapshot=launch.served.snapshot,
        backend=Backend(),
        behaviour=launch.behaviour,
        api_id=launch.served.api_id or listener.api_id(launch.listener),
        principal=launch.principal,
        region=launch.served.region,
    )
    return Gateway(
        api, limits=launch.limits, record=launch.record, name_of=launch.name_of
    )


def _reload(launch: Launch, gateway: Gateway) -> Reload:
    return Reload(
        address=launch.address,
        source=launch.source,
        gateway=gateway,
        served=launch.served,
        say=launch.say,
    )


async def _until_ready(child: Child, launch: Launch, stopping: asyncio.Event) -> None:
    answering = asyncio.create_task(
        child.answers(*launch.address, seconds=launch.patience_seconds)
    )
    stopped = asyncio.create_task(stopping.wait())
    await asyncio.wait({answering, stopped}, return_when=asyncio.FIRST_COMPLETED)
    stopped.cancel()
    if stopping.is_set():
        answering.cancel()
    elif child.exit_code is not None:
        raise BackendEnded(
            f"Django ended with exit code {child.exit_code} before it answered;"
            " its own output says why."
        )
    elif not answering.result():
        launch.say(
            f"Django does not answer after {launch.patience_seconds:g} s."
            " Clients are refused until it does."
        )


async def _watch(child: Child, launch: Launch, stopping: asyncio.Event) -> None:
    code = await child.wait()
    if not stopping.is_set():
        launch.say(
            f"Django has ended with exit code {code}. Sockets stay open;"
            ' messages are answered with "Internal server error".'
        )


@contextmanager
def _signals(stopping: asyncio.Event) -> Iterator[None]:
    """The first signal sets `stopping`, the second cancels the task that is in here."""
    loop, task = asyncio.get_running_loop(), asyncio.current_task()

    def stop() -> None:
        if stopping.is_set() and task is not None:
            task.cancel()
        stopping.set()

    def handler(*_: Any) -> None:
        loop.call_soon_threadsafe(stop)

    known = [getattr(signal, name) for name in _SIGNALS if hasattr(signal, name)]
    before = {number: signal.signal(number, handler) for number in known}
    try:
        with suppress(asyncio.CancelledError):
            yield
    finally:
        for number, previous in before.items():
            signal.signal(number, previous)
