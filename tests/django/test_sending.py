"""What a send does: its frame, when it is sent, and its report."""

import re
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import transaction
from pydantic import ValidationError

from tests.django.group_routes import Peer, done, ended, older, told
from wsrouter import Delivery, Disconnected, Report, connections
from wsrouter.delivery.memory import MemoryTransport
from wsrouter.delivery.ports import PostResult, PostStatus
from wsrouter.errors import ConnectionGone, EventTooLarge
from wsrouter.models import Membership, OpenConnection
from wsrouter.routing.delivery import Status
from wsrouter.signals import delivered

pytestmark = [pytest.mark.database, pytest.mark.django_db(transaction=True)]
LIMIT = 128 * 1024


def test_the_frame_of_an_event(transport: MemoryTransport) -> None:
    peer = Peer(transport)
    assert told.send("ü", connection=peer.id) == done(1)
    (frame,) = peer.socket.frames
    shape = '\\{"type":"told","id":"[0-9a-f]{16}","payload":"ü"}'
    assert re.fullmatch(shape, frame.decode())


def test_each_send_has_an_id_that_all_recipients_get(
    transport: MemoryTransport,
) -> None:
    peers = [Peer(transport) for _ in range(3)]
    told.send("x", everyone=True)
    told.send("x", everyone=True)
    first, second = ({peer.socket.frames[n] for peer in peers} for n in (0, 1))
    assert len(first) == len(second) == 1
    assert first != second


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
        assert told.send("x", everyone=True, now=True) == done(1)
        assert peer.got == 1


def test_from_handlers(transport: MemoryTransport, atomic_requests: None) -> None:
    peer = Peer(transport)
    assert peer.send("tell", "x")["payload"] == "deferred"
    assert peer.got == 1
    assert peer.send("atell", "x")["payload"] == ["deferred", "done"]
    assert peer.got == 3


def test_from_handlers_without_a_transaction(transport: MemoryTransport) -> None:
    peer = Peer(transport)
    assert peer.send("tell", "x")["payload"] == "deferred"
    assert peer.send("atell", "x")["payload"] == ["deferred", "done"]
    assert peer.got == 3


def test_too_large_is_counted_in_bytes(transport: MemoryTransport) -> None:
    peer = Peer(transport)
    room = LIMIT - len('{"type":"told","id":"0123456789abcdef","payload":""}')
    assert told.send("é" * (room // 2), everyone=True) == done(1)
    with pytest.raises(EventTooLarge, match=str(LIMIT)):
        told.send("é" * (room // 2 + 1), everyone=True)
    with pytest.raises(ValidationError):
        told.send(7, everyone=True)  # type: ignore[arg-type]
    assert peer.got == 1


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


def test_the_gone_of_a_gateway_that_is_no_longer_configured(
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
    failed = PostResult(PostStatus.FAILED, "LimitExceededException")
    results = [failed, PostResult(PostStatus.DELIVERED)] * 2
    peers = [Peer(transport) for _ in results]
    transport.post = lambda *_: results.pop()  # type: ignore[method-assign]
    report = told.send("x", everyone=True).report
    assert report == Report(
        delivered=2, failed=2, reasons={"LimitExceededException": 2}
    )
    assert OpenConnection.objects.count() == len(peers)
    assert "LimitExceededException" in caplog.text


def test_a_receiver_that_fails_does_not_stop_a_send(transport: MemoryTransport) -> None:
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
        connections.get(peer.id).info()
