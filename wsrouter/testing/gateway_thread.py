"""Runs a local gateway in a thread, on a free port of the loopback."""

import asyncio
import threading

from wsrouter.catalog.snapshot import DISCONNECT, Snapshot
from wsrouter.local.gateway import LocalGateway
from wsrouter.local.journal import Entry
from wsrouter.local.process import listener, server
from wsrouter.local.rules import stage_paths
from wsrouter.local.sockets.backend import Backend
from wsrouter.local.sockets.local_api import LocalApi

_MOST = 100_000
"""Sockets that are looked at."""


class GatewayThread:
    """One gateway, from `bind` to `stop`."""

    def __init__(self, snapshot: Snapshot) -> None:
        self._snapshot = snapshot
        self._ended: set[str] = set()
        self._is_ready = threading.Event()
        self._thread = threading.Thread(
            target=lambda: asyncio.run(self._run()),
            name="wsrouter-live-gateway",
            daemon=True,
        )

    def bind(self) -> str:
        """Returns the address and the path at which clients will connect."""
        self._listener = listener.bind("127.0.0.1", 0)
        address = listener.address(self._listener)
        return f"{address}{stage_paths.stage_path(self._snapshot)}"

    def start(self) -> None:
        self._listener.listen()
        self._thread.start()
        self._is_ready.wait()

    def stop(self) -> None:
        """Close the sockets, and deliver each `$disconnect`."""
        if self._thread.is_alive():
            self._loop.call_soon_threadsafe(self._stopping.set)
            self._thread.join()
        self._listener.close()

    def user_agents(self) -> dict[str, str]:
        """Those of the open sockets, by connection id."""
        sockets = self._gateway.open_sockets.oldest(_MOST)
        found = [socket.connection for socket in sockets]
        return {one.connection_id: one.user_agent for one in found}

    def has_ended(self, connection_id: str) -> bool:
        """Whether its `$disconnect` was answered."""
        return connection_id in self._ended

    async def _run(self) -> None:
        self._loop, self._stopping = asyncio.get_running_loop(), asyncio.Event()
        api = LocalApi(
            snapshot=self._snapshot,
            backend=Backend(),
            api_id=listener.api_id(self._listener),
        )
        self._gateway = LocalGateway(api, write_entry=self._note)
        self._is_ready.set()
        await server.serve(self._gateway, self._listener, self._stopping)

    def _note(self, entry: Entry) -> None:
        if entry.route_key == DISCONNECT:
            self._ended.add(entry.connection_id)
