"""Connections with both their ends, and a router that sends to them."""

from datetime import timedelta
from typing import Any

from django.utils import timezone

from tests.django.events import Gateway
from wsrouter import Connection, Delivery, Disconnected, Report, Router
from wsrouter.delivery.memory import MemoryTransport
from wsrouter.models import Membership, OpenConnection
from wsrouter.routing.delivery import Status

router = Router()
told = router.event("told", str)
ended: list[tuple[str, Disconnected]] = []
within: list[Any] = []


@router.connect
def opened(connection: Connection) -> None:
    connection.join("all")
    for send in within:
        send(connection)


@router.disconnect
def closed(connection: Connection, how: Disconnected) -> None:
    ended.append((connection.id, how))


@router.route("tell")
def tell(payload: str) -> str:
    return told.send(payload, everyone=True).status


@router.route("atell")
async def atell(payload: str, connection: Connection) -> list[str]:
    one = await told.asend(payload, connection=connection)
    all_ = await told.asend(payload, everyone=True, now=True)
    return [one.status, all_.status]


@router.route("close")
def close(connection: Connection) -> None:
    connection.close()


@router.route("info")
async def info(connection: Connection) -> list[str]:
    return sorted(await connection.ainfo())


class Socket:
    """The client's side; keeps what arrived."""

    def __init__(self) -> None:
        self.frames: list[bytes] = []
        self.is_closed = False

    def arrived(self, data: bytes) -> None:
        self.frames.append(data)

    def closed_by_server(self) -> None:
        self.is_closed = True


class Peer(Gateway):
    """A connection with both its ends."""

    def __init__(self, transport: MemoryTransport, user: Any = None, **mapped: Any):
        super().__init__(**mapped)
        self.socket = Socket()
        self._transport = transport
        assert self.connect(user).status_code == 200
        transport.opened(self.id, self.socket)

    @property
    def got(self) -> int:
        return len(self.socket.frames)

    def vanish(self) -> None:
        self._transport.closed(self.id)


def older(than: timedelta = timedelta(minutes=1)) -> None:
    """All connections were made before the handshake grace."""
    for model in (OpenConnection, Membership):
        model.objects.update(stored_at=timezone.now() - than)


def done(count: int) -> Delivery:
    report = Report(delivered=count)
    return Delivery(event="told", status=Status.DONE, report=report)
