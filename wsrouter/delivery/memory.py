"""The transport without a network: sockets are objects in this process."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Protocol
from weakref import WeakValueDictionary

from wsrouter.delivery.ports import PostResult, PostStatus, Schedule
from wsrouter.delivery.thread_pool import post_in_this_thread
from wsrouter.errors import ConnectionGone
from wsrouter.routing.ports import Address


class Socket(Protocol):
    """The client's side of an open connection."""

    def arrived(self, data: bytes) -> None:
        """A frame was posted."""

    def closed_by_server(self) -> None:
        """The connection was closed through the transport."""


class MemoryTransport:
    """Behaves as the `@connections` API does: a connection that is not open is gone.
    Sockets are held weakly: a socket without another reference counts as closed."""

    def __init__(self) -> None:
        self._open: WeakValueDictionary[str, Socket] = WeakValueDictionary()
        self._since: dict[str, datetime] = {}

    def opened(self, connection_id: str, socket: Socket) -> None:
        """The handshake of this connection is done."""
        self._open[connection_id] = socket
        self._since[connection_id] = datetime.now(UTC)

    def closed(self, connection_id: str) -> None:
        """The client closed this connection."""
        self._open.pop(connection_id, None)

    def post(self, address: Address, data: bytes) -> PostResult:
        socket = self._open.get(address.connection_id)
        if socket is None:
            return PostResult(PostStatus.GONE, "gone")
        socket.arrived(data)
        return PostResult(PostStatus.DELIVERED)

    def post_all(self, schedule: Schedule, data: bytes) -> None:
        post_in_this_thread(schedule, lambda to, _: self.post(to.address, data))

    def close(self, address: Address) -> bool:
        socket = self._open.pop(address.connection_id, None)
        if socket is None:
            return False
        socket.closed_by_server()
        return True

    def info(self, address: Address) -> Mapping[str, Any]:
        if address.connection_id not in self._open:
            raise ConnectionGone
        since = self._since[address.connection_id]
        return {"connectedAt": since, "lastActiveAt": since, "identity": {}}
