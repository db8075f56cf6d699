"""Whom an event reaches: connections, users, groups and everyone."""

from typing import Any

import pytest
from django.contrib.auth.models import AnonymousUser, User
from django.test import override_settings
from django.utils import timezone

from tests.django.group_routes import Peer, done, told, within
from wsrouter import Connection
from wsrouter.conf import ConfigurationError
from wsrouter.delivery.memory import MemoryTransport
from wsrouter.errors import HandshakeNotDone
from wsrouter.models import OpenConnection
from wsrouter.registry.open_connections import ConnectionRegistry
from wsrouter.registry.recipients import StoredRecipients
from wsrouter.routing.ports import Recipients

pytestmark = [pytest.mark.database, pytest.mark.django_db(transaction=True)]


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
    ConnectionRegistry().join(first.id, "a")
    ConnectionRegistry().join(second.id, "A")
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


def test_to_a_gateway_that_is_not_there(transport: MemoryTransport) -> None:
    peer = Peer(transport)
    with pytest.raises(
        ConfigurationError, match="has no gateway 'nope', only: default"
    ):
        told.send("x", everyone=True, gateway="nope")
    assert peer.got == 0


@pytest.mark.parametrize("user", [AnonymousUser(), User(username="unsaved")])
def test_nobody_is_not_everybody(transport: MemoryTransport, user: Any) -> None:
    peer = Peer(transport)
    with pytest.raises(ValueError):
        told.send("x", user=user)
    assert told.send("x", groups=[]) == done(0)
    with pytest.raises(TypeError):
        told.send("x", connection="")
    assert list(StoredRecipients().pages(Recipients())) == []
    assert peer.got == 0


def test_more_than_a_page(transport: MemoryTransport, monkeypatch: Any) -> None:
    monkeypatch.setattr("wsrouter.registry.recipients.PAGE", 3)
    peers = [Peer(transport) for _ in range(8)]
    assert told.send("x", everyone=True, exclude=peers[0].id) == done(7)
    assert [peer.got for peer in peers] == [0] + [1] * 7


def test_expired_connections_are_skipped(transport: MemoryTransport) -> None:
    peer = Peer(transport)
    OpenConnection.objects.update(expires_at=timezone.now())
    assert told.send("x", everyone=True) == done(0)
    assert told.send("x", connection=peer.id) == done(0)
    assert peer.got == 0


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
