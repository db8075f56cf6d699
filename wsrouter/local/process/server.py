"""Runs a gateway on a listening socket until it is told to stop."""

import asyncio
import logging
import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import partial
from typing import Any

from wsrouter.errors import MissingExtra
from wsrouter.local import extra
from wsrouter.local.gateway import LocalGateway
from wsrouter.local.process.http_protocol import GatewayHttpProtocol
from wsrouter.local.process.websocket_protocol import GatewayProtocol

try:
    import uvicorn
except ImportError as error:
    raise MissingExtra(extra.INSTALL_HINT) from error

_LOGGER = logging.getLogger(__name__)
_MAX_REQUEST_HEAD_BYTES = 64 * 1024
"""Request line and headers. The gateway refuses less, but it must have read them."""


class _Server(uvicorn.Server):
    """Ends as soon as `stopping` is set. Signals are left to the caller, which has more
    to end than this server."""

    def __init__(self, gateway: LocalGateway, stopping: asyncio.Event) -> None:
        super().__init__(_config(gateway))
        self._gateway = gateway
        self._stopping = stopping

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield

    async def main_loop(self) -> None:
        while not self._stopping.is_set():
            await self.on_tick(0)  # updates the Date header
            with suppress(TimeoutError):
                await asyncio.wait_for(self._stopping.wait(), 1.0)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        state = self.server_state
        for server in self.servers:
            server.close()
        self._gateway.feed.end()
        self._gateway.open_sockets.close_silently_dropped()
        for connection in list(state.connections):
            _shut_down(connection)
        if state.tasks:
            seconds = self.config.timeout_graceful_shutdown
            _, unfinished = await asyncio.wait(state.tasks, timeout=seconds)
            await _cancel(unfinished)
        for connection in list(state.connections):  # of clients that do not read
            connection.transport.abort()
        await asyncio.sleep(0)


async def serve(
    gateway: LocalGateway, listener: socket.socket, stopping: asyncio.Event
) -> None:
    """Serve until `stopping` is set; then close the sockets with 1012 and deliver every
    `$disconnect`, within the limits of the gateway."""
    async with gateway.api.backend:
        await _Server(gateway, stopping).serve(sockets=[listener])


def _shut_down(connection: Any) -> None:
    """End one connection; one that cannot be ended in order must not keep the others
    open."""
    try:
        connection.shutdown()
    except Exception:
        _LOGGER.exception("A connection could not be closed in order")
        connection.transport.abort()


async def _cancel(tasks: set[asyncio.Task[None]]) -> None:
    for task in tasks:
        task.cancel()
    if tasks:
        await asyncio.wait(tasks, timeout=0.1)


def _config(gateway: LocalGateway) -> uvicorn.Config:
    limits = gateway.limits
    return uvicorn.Config(
        gateway,
        interface="asgi3",
        http=partial(GatewayHttpProtocol, gateway),  # type: ignore[arg-type]
        h11_max_incomplete_event_size=_max_head_bytes(gateway),
        ws=GatewayProtocol,
        ws_ping_interval=None,
        lifespan="off",
        log_config=None,
        log_level="warning",
        access_log=False,
        proxy_headers=False,
        server_header=False,
        timeout_graceful_shutdown=limits.shutdown_seconds,
    )


def _max_head_bytes(gateway: LocalGateway) -> int:
    return _MAX_REQUEST_HEAD_BYTES + gateway.api.behaviour.handshake_bytes
