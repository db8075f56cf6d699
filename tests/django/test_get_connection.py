"""`wsrouter.connections.get`: a connection by its id, outside a handler."""

import json
from collections.abc import Iterator
from datetime import timedelta

import pytest
from asgiref.sync import async_to_sync
from django.contrib.auth.models import User
from django.utils import timezone

from tests.django import registering
from tests.django.events import Gateway, serving
from wsrouter import Connection, ConnectionGone, NoAddress, connections
from wsrouter.models import OpenConnection
from wsrouter.testing import WebSocketClient

pytestmark = [pytest.mark.database, pytest.mark.django_db]


@pytest.fixture(autouse=True)
def _served() -> Iterator[None]:
    with serving(registering.router):
        yield


def test_a_view_closes_a_connection(user: User) -> None:
    with WebSocketClient(user) as client:
        connection = connections.get(client.connection_id)
        assert (connection.user, connection.gateway) == (user, "default")
        assert connection.source_ip == "127.0.0.1"
        connection.join("vip")
        assert connections.get(client.connection_id).groups == {"all", "vip"}
        assert connection.update_state(a=1)["a"] == 1
        with pytest.raises(TypeError, match="update_state"):
            connection.state["a"] = 2
        registering.told.send("x", connection=connection)
        assert client.receive("told")["payload"] == "x"
        assert json.dumps(dict(connection.info()), default=str)
        connection.close()
        assert client.close_code == 1000
        with pytest.raises(ConnectionGone, match=client.connection_id):
            connections.get(client.connection_id)


def test_an_id_alone_closes_nothing(user: User) -> None:
    with WebSocketClient(user) as client:
        with pytest.raises(NoAddress):
            Connection(client.connection_id).close()
        with pytest.raises(NoAddress):
            Connection(client.connection_id).info()
        assert client.is_open


def test_what_is_not_open_is_gone(user: User) -> None:
    gateway = Gateway()
    for unknown in ("", gateway.id, "a\x01"):
        with pytest.raises(ConnectionGone):
            connections.get(unknown)
    gateway.connect(user)
    assert connections.get(gateway.id).user == user
    User.objects.update(is_active=False)
    with pytest.raises(ConnectionGone):
        connections.get(gateway.id)
    User.objects.update(is_active=True)
    OpenConnection.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    with pytest.raises(ConnectionGone):
        connections.get(gateway.id)


@pytest.mark.django_db(transaction=True)
def test_the_async_twin() -> None:
    gateway = Gateway()
    gateway.connect()
    connection = async_to_sync(connections.aget)(gateway.id)
    assert (connection.id, connection.user.is_anonymous) == (gateway.id, True)
    with pytest.raises(ConnectionGone):
        async_to_sync(connections.aget)("unknown")
