"""Clients over real sockets: the same test as in memory, through the local gateway."""

import gc
import os
import threading
from collections.abc import Iterator

import pytest
from django.contrib.auth.models import User
from django.test import LiveServerTestCase, TestCase, TransactionTestCase

from tests.django.client_routes import assert_real_transport
from tests.django.events import serving
from tests.testing.live_routes import router, told
from wsrouter import client_url
from wsrouter.models import OpenConnection
from wsrouter.testing import (
    AsyncWebSocketClient,
    ErrorFrame,
    HandshakeRefused,
    LiveGatewayMixin,
    NotAtThisGateway,
    WebSocketClient,
    captured_events,
    chosen_gateway,
    faults,
)

VARIABLE = "WSROUTER_MANAGEMENT_ENDPOINT"


@pytest.fixture(autouse=True)
def served(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    """At the end the gateway's threads have ended, and the real transport is back."""
    with serving(router):
        yield
        caplog.get_records("call").clear()  # tracebacks keep what a test had
        gc.collect()
        assert_real_transport()
    assert VARIABLE not in os.environ
    assert not [one for one in threading.enumerate() if "live-gateway" in one.name]


@pytest.fixture(params=["memory", "local"])
def anywhere(request: pytest.FixtureRequest) -> Iterator[str]:
    pytest.importorskip("uvicorn")
    chosen_gateway.choose(request.param)
    yield request.param
    chosen_gateway.choose("")


@pytest.mark.django_db(transaction=True)
def test_the_same_in_memory_and_over_a_socket(anywhere: str) -> None:
    user = User.objects.create_user("ada")
    with WebSocketClient(user) as client, WebSocketClient() as other:
        assert client.call("watch", {"order_id": 7}) == {"order_id": 7, "user": "ada"}
        row = OpenConnection.objects.get(user=user)
        assert row.connection_id == client.connection_id != other.connection_id
        told.send("pushed", group="orders")
        assert client.receive("told")["payload"] == "pushed"
        with captured_events() as sent:
            client.send("tell", "all", id="1")
            assert client.receive("reply")["id"] == "1"
            assert {one.receive("told")["payload"] for one in (client, other)} == {
                "all"
            }
        sent.assert_sent(told, "all", everyone=True)
        with pytest.raises(ErrorFrame, match="sold_out"):
            client.call("fail")
        with faults.reordered(client):
            told.send("1", group="orders")
            told.send("2", group="orders")
        assert [client.receive("told")["payload"] for _ in range(2)] == ["2", "1"]
        with faults.gone(client):
            report = told.send("x", user=user).report
        assert report
        assert (report.gone, report.failed) == (1, 0)
        first = client.connection_id
        client.reconnect()
        assert client.connection_id != first
        other.send("close")
        assert (other.wait_closed(), other.is_open) == (1000, False)
    assert not OpenConnection.objects.exists()
    with pytest.raises(HandshakeRefused, match="401"):
        WebSocketClient().connect(query="refuse")


class OverASocket(WebSocketClient):
    at = "local"


class InALiveServer(LiveGatewayMixin, LiveServerTestCase):
    def test_pages_get_the_url(self) -> None:
        assert client_url() == self.ws_url
        assert self.ws_url.startswith("ws://127.0.0.1:")
        with OverASocket() as client:
            assert client.call("facts") == "127.0.0.1"
            with pytest.raises(NotAtThisGateway, match="finds out the source_ip"):
                OverASocket().connect(source_ip="203.0.113.9")

    def test_a_client_that_stays_open_ends_with_the_test(self) -> None:
        client = OverASocket().connect()
        self.addCleanup(client.disconnect)
        assert client.call("facts")


class InATestCase(TestCase):
    def test_a_server_cannot_see_it(self) -> None:
        with pytest.raises(NotAtThisGateway, match="use TransactionTestCase"):
            OverASocket().connect()


class InAnAsyncTest(TransactionTestCase):
    async def test_a_real_socket(self) -> None:
        class Client(AsyncWebSocketClient):
            at = "local"

        async with Client() as client:
            assert await client.call("facts")
            await told.asend("x", everyone=True)
            assert (await client.receive("told"))["payload"] == "x"


@pytest.mark.django_db(transaction=True)
def test_against_a_deployed_api() -> None:
    """A client that knows no more than a URL."""
    with OverASocket() as local:
        assert local._socket._url  # type: ignore[attr-defined]

        class Deployed(WebSocketClient):
            at = local._socket._url  # type: ignore[attr-defined]

        with Deployed() as client:
            assert client.call("facts")
            for asks in (client.force_gap, lambda: client.connection_id):
                with pytest.raises(NotAtThisGateway):
                    asks()
        with pytest.raises(NotAtThisGateway, match="cannot log in at a deployed API"):
            Deployed(User(pk=1)).connect()


def test_what_is_no_gateway(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(chosen_gateway.VARIABLE, "production")
    with pytest.raises(ValueError, match="'production' is no gateway for tests"):
        WebSocketClient()
