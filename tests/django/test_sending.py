"""Events to connections, users, groups and everyone."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import AnonymousUser, User
from django.db import transaction
from django.test import override_settings
from django.utils import timezone
from pydantic import ValidationError

from tests.django.events import Gateway, serving
from wsrouter import Connection, Delivery, Disconnected, Report, Router, assembly
from wsrouter.audience import Audience
from wsrouter.errors import ConnectionGone, EventTooLarge, HandshakeNotDone
from wsrouter.fanout.memory import MemoryTransport
from wsrouter.fanout.ports import Fate, Posted
from wsrouter.models import Membership, OpenConnection
from wsrouter.routing.delivery import Status
from wsrouter.routing.ports import Recipients
from wsrouter.signals import delivered
from wsrouter.store import Store

pytestmark = [pytest.mark.database, pytest.mark.django_db(transaction=True)]
LIMIT = 128 * 1024
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
    all_ = await told.asend(payload, everyone=True, on_commit=False)
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


@pytest.fixture
def transport() -> Iterator[MemoryTransport]:
    ended.clear()
    within.clear()
    memory = MemoryTransport()
    with serving(router), assembly.substituted(transport=memory, secret=""):
        yield memory


def older(than: timedelta = timedelta(minutes=1)) -> None:
    """All connections were made before the handshake grace."""
    for model in (OpenConnection, Membership):
        model.objects.update(stored_at=timezone.now() - than)


def done(count: int) -> Delivery:
    report = Report(delivered=count)
    return Delivery(event="told", status=Status.DONE, report=report)


def test_the_frame_of_an_event(transport: MemoryTransport) -> None:
    peer = Peer(transport)
    assert told.send("ü", connection=peer.id) == done(1)
    assert peer.socket.frames == ['{"type":"told","payload":"ü"}'.encode()]


def test_to_a_connection(transport: MemoryTransport) -> None:
    first, second = Peer(transport), Peer(transport)
    assert told.send("x", connection=first.id) == done(1)
    assert told.send("x", connection=Connection(second.id)) == done(1)
    assert told.send("x", connection=first.id.lower()) == done(0)
    assert (first.got, second.got) == (1, 1)


def test_to_a_user(transport: MemoryTransport, user: User, other: User) -> None:
    tab, phone, bob = (Peer(transport, each) for each in (user, user, other))
    assert told.send("x", user=user) == done(2)
    assert told.send("x", user=user.pk) == done(2)
    assert (tab.got, phone.got, bob.got) == (2, 2, 0)


def test_to_groups(transport: MemoryTransport) -> None:
    first, second = Peer(transport), Peer(transport)
    Store().join(first.id, "a")
    Store().join(second.id, "A")
    assert told.send("x", group="a") == done(1)
    assert told.send("x", groups=["a", "all", "none"]) == done(2)
    assert told.send("x", group="none") == done(0)
    assert (first.got, second.got) == (2, 1)


def test_to_everyone_except(transport: MemoryTransport) -> None:
    first, second, third = (Peer(transport) for _ in range(3))
    assert told.send("x", everyone=True) == done(3)
    assert told.send("x", everyone=True, exclude=first.id) == done(2)
    both = [first.id, Connection(second.id)]
    assert told.send("x", group="all", exclude=both) == done(1)
    assert (first.got, second.got, third.got) == (1, 2, 3)


def test_to_one_gateway(transport: MemoryTransport) -> None:
    secret = "x" * 32
    entry = {"ROUTER": "tests.django.events.served", "SECRET": secret}
    with override_settings(WSROUTER={"default": entry, "other": entry}):
        one = Peer(transport, secret=secret)
        two = Peer(transport, secret=secret, alias="other")
        assert told.send("x", everyone=True, gateway="other") == done(1)
        assert told.send("x", group="all") == done(2)
    assert (one.got, two.got) == (1, 2)


@pytest.mark.parametrize("user", [AnonymousUser(), User(username="unsaved")])
def test_nobody_is_not_everybody(transport: MemoryTransport, user: Any) -> None:
    peer = Peer(transport)
    with pytest.raises(ValueError):
        told.send("x", user=user)
    assert told.send("x", groups=[]) == done(0)
    with pytest.raises(TypeError):
        told.send("x", connection="")
    assert list(Audience().recipients(Recipients())) == []
    assert peer.got == 0


def test_more_than_a_page(transport: MemoryTransport, monkeypatch: Any) -> None:
    monkeypatch.setattr("wsrouter.audience.PAGE", 3)
    peers = [Peer(transport) for _ in range(8)]
    assert told.send("x", everyone=True, exclude=peers[0].id) == done(7)
    assert [peer.got for peer in peers] == [0] + [1] * 7


def test_expired_connections_are_skipped(transport: MemoryTransport) -> None:
    peer = Peer(transport)
    OpenConnection.objects.update(expires_at=timezone.now())
    assert told.send("x", everyone=True) == done(0)
    assert told.send("x", connection=peer.id) == done(0)
    assert peer.got == 0


def test_after_the_commit(
    transport: MemoryTransport, deliveries: list[Delivery]
) -> None:
    peer = Peer(transport)
    with transaction.atomic():
        delivery = told.send("x", everyone=True)
        assert (peer.got, deliveries) == (0, [])
    assert delivery == Delivery(event="told", status=Status.DEFERRED)
    assert deliveries == [done(1)]
    assert peer.got == 1


def test_not_after_a_rollback(
    transport: MemoryTransport, deliveries: list[Delivery]
) -> None:
    peer = Peer(transport)
    with transaction.atomic():
        told.send("x", everyone=True)
        transaction.set_rollback(True)
    assert (peer.got, deliveries) == (0, [])


def test_before_the_commit_when_asked(transport: MemoryTransport) -> None:
    peer = Peer(transport)
    with transaction.atomic():
        assert told.send("x", everyone=True, on_commit=False) == done(1)
        assert peer.got == 1


def test_from_handlers(transport: MemoryTransport, atomic_requests: None) -> None:
    peer = Peer(transport)
    assert peer.send("tell", "x")["payload"] == "deferred"
    assert peer.got == 1
    assert peer.send("atell", "x")["payload"] == ["deferred", "done"]
    assert peer.got == 3


def test_from_async_handlers_without_a_transaction(transport: MemoryTransport) -> None:
    peer = Peer(transport)
    assert peer.send("atell", "x")["payload"] == ["done", "done"]


def test_too_large_is_counted_in_bytes(transport: MemoryTransport) -> None:
    peer = Peer(transport)
    room = LIMIT - len('{"type":"told","payload":""}')
    assert told.send("é" * (room // 2), everyone=True) == done(1)
    with pytest.raises(EventTooLarge, match=str(LIMIT)):
        told.send("é" * (room // 2 + 1), everyone=True)
    with pytest.raises(ValidationError):
        told.send(7, everyone=True)  # type: ignore[arg-type]
    assert peer.got == 1


def test_from_inside_connect(transport: MemoryTransport, user: User) -> None:
    old, found = Peer(transport, user), []
    within.append(lambda new: found.append(told.send("x", everyone=True)))
    within.append(lambda new: found.append(told.send("x", user=user)))
    within.append(lambda new: found.append(told.send("x", group="all")))
    within.append(lambda new: found.append(told.send("x", group="none")))
    within.append(lambda new: found.append(told.send("x", connection=old.id)))
    new = Peer(transport, user)
    assert [each.report.left_out for each in found] == [1, 1, 1, 0, 0]
    assert [each.report.delivered for each in found] == [1, 1, 1, 0, 1]
    assert (old.got, new.got) == (4, 0)


@pytest.mark.parametrize(
    "act",
    [
        lambda new: told.send("x", connection=new),
        lambda new: told.send("x", connection=new.id),
        lambda new: new.close(),
        lambda new: new.info(),
    ],
)
def test_the_new_connection_cannot_be_reached_in_connect(
    transport: MemoryTransport, act: Any
) -> None:
    refused: list[type] = []

    def check(new: Connection) -> None:
        with pytest.raises(HandshakeNotDone) as raised:
            act(new)
        refused.append(raised.type)

    within.append(check)
    Peer(transport)
    assert refused == [HandshakeNotDone]


def test_a_repeated_connect_leaves_the_connection_out_too(
    transport: MemoryTransport, user: User
) -> None:
    peer = Peer(transport, user)
    within.append(lambda new: told.send("x", everyone=True))
    peer.connect(user)
    assert peer.got == 0


def test_what_is_gone_is_removed_and_its_handlers_told(
    transport: MemoryTransport, user: User
) -> None:
    here, gone = Peer(transport, user), Peer(transport, user)
    gone.vanish()
    older()
    report = told.send("x", user=user).report
    assert report == Report(delivered=1, gone=1, reasons={"gone": 1})
    assert report.recipients == 2
    assert OpenConnection.objects.get().connection_id == here.id
    assert Membership.objects.get().connection_id == here.id
    assert ended == [(gone.id, Disconnected(cause="gone"))]  # type: ignore[arg-type]
    gone.disconnect()
    assert len(ended) == 1


def test_within_the_handshake_grace_nothing_is_gone(
    transport: MemoryTransport,
) -> None:
    Peer(transport).vanish()
    report = told.send("x", everyone=True).report
    assert report == Report(failed=1, reasons={"handshake": 1})
    assert OpenConnection.objects.count() == 1
    assert ended == []


def test_the_gone_of_a_gateway_that_is_configured_no_more(
    transport: MemoryTransport,
) -> None:
    Peer(transport).vanish()
    older()
    OpenConnection.objects.update(gateway="former")
    report = told.send("x", everyone=True).report
    assert report is not None
    assert report.gone == 1
    assert not OpenConnection.objects.exists()


def test_failures_are_counted_by_reason(
    transport: MemoryTransport, caplog: pytest.LogCaptureFixture
) -> None:
    fates = [Posted(Fate.FAILED, "LimitExceededException"), Posted(Fate.DELIVERED)] * 2
    peers = [Peer(transport) for _ in fates]
    transport.post = lambda *_: fates.pop()  # type: ignore[method-assign]
    report = told.send("x", everyone=True).report
    assert report == Report(
        delivered=2, failed=2, reasons={"LimitExceededException": 2}
    )
    assert OpenConnection.objects.count() == len(peers)
    assert "LimitExceededException" in caplog.text


def test_a_listener_that_fails_stops_nothing(transport: MemoryTransport) -> None:
    def broken(**_: Any) -> None:
        raise RuntimeError

    delivered.connect(broken)
    try:
        assert told.send("x", everyone=True) == done(0)
    finally:
        delivered.disconnect(broken)


def test_close_and_info(transport: MemoryTransport) -> None:
    peer = Peer(transport)
    found = ["connectedAt", "identity", "lastActiveAt"]
    assert peer.send("info")["payload"] == found
    peer.send("close")
    assert peer.socket.is_closed
    peer.send("close")
    assert peer.send("info", id=1)["error"]["code"] == "internal_error"
    with pytest.raises(ConnectionGone):
        Connection(peer.id).info()


def test_replies_can_be_posted(transport: MemoryTransport) -> None:
    with serving(router, REPLY_VIA="connection"):
        peer = Peer(transport)
        response = peer.text("tell", b'{"action": "tell", "payload": "x"}')
        assert (response.status_code, response.content) == (200, b"")
        response = peer.text("tell", b'{"action": "tell", "payload": 7}')
        assert (response.status_code, response.content) == (200, b"")
        kinds = [each[:15] for each in peer.socket.frames]
    assert kinds == [b'{"type":"told",', b'{"type":"reply"', b'{"type":"error"']


def test_a_reply_is_posted_after_the_commit(
    transport: MemoryTransport, atomic_requests: None, monkeypatch: Any
) -> None:
    seen = []
    post = transport.post

    def watched(*args: Any) -> Posted:
        seen.append(transaction.get_connection().in_atomic_block)
        return post(*args)

    monkeypatch.setattr(transport, "post", watched)
    with serving(router, REPLY_VIA="connection"):
        peer = Peer(transport)
        peer.text("tell", b'{"action": "tell", "payload": "x"}')
    assert seen == [False, False]


def test_a_posted_reply_that_finds_nobody_removes_the_row(
    transport: MemoryTransport,
) -> None:
    with serving(router, REPLY_VIA="connection"):
        peer = Peer(transport)
        peer.vanish()
        peer.text("info", b'{"action": "info", "id": "1"}')
    assert not OpenConnection.objects.exists()
    assert [each[0] for each in ended] == [peer.id]
