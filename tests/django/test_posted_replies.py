"""Replies that are posted to the connection."""

from typing import Any

import pytest
from django.db import transaction

from tests.django.events import serving
from tests.django.group_routes import Peer, ended, router
from wsrouter.delivery.memory import MemoryTransport
from wsrouter.delivery.ports import PostResult
from wsrouter.models import OpenConnection

pytestmark = [pytest.mark.database, pytest.mark.django_db(transaction=True)]


def test_replies_can_be_posted(transport: MemoryTransport) -> None:
    with serving(router, REPLY_VIA="connection"):
        peer = Peer(transport)
        response = peer.text("tell", b'{"action": "tell", "payload": "x"}')
        assert (response.status_code, response.content) == (200, b"")
        response = peer.text("tell", b'{"action": "tell", "payload": 7}')
        assert (response.status_code, response.content) == (200, b"")
        kinds = [each[:15] for each in peer.socket.frames]
    assert kinds == [b'{"type":"reply"', b'{"type":"told",', b'{"type":"error"']


def test_a_reply_is_posted_after_the_commit(
    transport: MemoryTransport, atomic_requests: None, monkeypatch: Any
) -> None:
    seen = []
    post = transport.post

    def watched(*args: Any) -> PostResult:
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
