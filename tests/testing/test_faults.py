"""Faults in memory are counted as API Gateway's own answers are: each is compared with
the real transport, against a server that answers as AWS does."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.test import TestCase

from tests.aws.management_api_server import Handler, Server
from tests.django.client_routes import router, told
from tests.django.events import serving
from wsrouter import Connection, ConnectionGone, DeliveryFailed, Report, connections
from wsrouter.aws.posts import keepalive
from wsrouter.delivery import retry
from wsrouter.models import OpenConnection
from wsrouter.testing import WebSocketClient, captured_events, faults
from wsrouter.testing.simulated_gateway import memory
from wsrouter.wiring import outgoing, substitutes

pytestmark = [pytest.mark.usefixtures("talking"), pytest.mark.django_db]
SLOW_SECONDS = 0.4


@contextmanager
def answering(*first: str, usual: str = "", takes: float = 0.0) -> Iterator[Server]:
    """The stub, with these answers."""
    server = Server()
    server.first, server.answer = list(first), usual
    respond = Handler.answer

    def do(handler: Handler) -> None:
        time.sleep(takes)
        respond(handler)

    handler = type(
        "Slow", (Handler,), {f"do_{n}": do for n in ("GET", "POST", "DELETE")}
    )
    server.RequestHandlerClass = handler
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield server
    finally:
        keepalive.forget()
        server.shutdown()
        thread.join()
        server.server_close()


def reported(**options: Any) -> Report:
    with serving(router, **options):
        report = told.send("x", everyone=True).report
    assert report is not None
    return report


@contextmanager
def real_transport(server: Server, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """What the settings choose, but for the pauses between attempts, which count
    nothing."""
    retries_at_once = substitutes.Substitutes(retries_at_once=True)
    monkeypatch.setattr(substitutes, "current", retries_at_once)
    outgoing.sender.cache_clear()
    OpenConnection.objects.update(stored_at="2020-01-01T00:00:00Z")
    yield {"MANAGEMENT_ENDPOINT": server.url, "TRANSPORT": "threads"}
    monkeypatch.undo()
    outgoing.sender.cache_clear()


@pytest.mark.parametrize(
    ("fault", "stub", "options"),
    [
        (lambda: faults.gone(), {"usual": "gone"}, {}),
        (lambda: faults.throttled(), {"usual": "slow"}, {}),
        (lambda: faults.lost(), {}, {}),
        (lambda: faults.reordered(), {}, {}),
        (lambda: faults.slow(seconds=0.01), {"takes": 0.01}, {}),
        (
            lambda: faults.slow(seconds=SLOW_SECONDS),
            {"takes": SLOW_SECONDS},
            {"SEND_SECONDS": 0.1},
        ),
    ],
    ids=["gone", "throttled", "lost", "reordered", "slow", "too_slow"],
)
def test_the_report_is_that_of_production(
    fault: Any, stub: Any, options: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    with serving(router):
        one, two = WebSocketClient().connect(), WebSocketClient().connect()
    with fault():
        found = reported(**options)
    open_now = OpenConnection.objects.count()
    for client in (one, two):
        client.reconnect()
    with answering(**stub) as server, real_transport(server, monkeypatch) as real:
        expected = reported(**real, **options)
    assert found == expected
    assert found.recipients == 2
    assert OpenConnection.objects.count() == open_now


def test_a_busy_gateway_is_asked_again(monkeypatch: pytest.MonkeyPatch) -> None:
    client = WebSocketClient().connect()
    with faults.throttled(client, times=2), captured_events() as sent:
        assert reported() == Report(delivered=1)
        assert [one.report for one in sent.deliveries] == [Report(delivered=1)]
    assert client.receive("told")["payload"] == "x"
    with (
        answering("slow", "slow") as server,
        real_transport(server, monkeypatch) as real,
    ):
        assert reported(**real) == Report(delivered=1)
        assert len(server.seen) == 3


def test_only_the_connections_that_are_named() -> None:
    one, two = WebSocketClient().connect(), WebSocketClient().connect()
    with faults.gone(one):
        assert reported() == Report(delivered=1, gone=1, reasons={"gone": 1})
    assert (one.frames, len(two.frames)) == ([], 1)
    row = OpenConnection.objects.get()
    assert row.connection_id == two.connection_id
    with pytest.raises(TypeError, match="not a int"):
        faults.lost(7).begin()


def test_the_last_sent_arrives_first() -> None:
    client = WebSocketClient().connect()
    with faults.reordered(client):
        for text in "abc":
            told.send(text, everyone=True)
        assert client.frames == []
    assert [one["payload"] for one in client.frames] == ["c", "b", "a"]


def test_lost_and_slow() -> None:
    client = WebSocketClient().connect()
    with faults.lost(), faults.slow(client, seconds=0.001):
        told.send("slow", everyone=True)
    with faults.slow(client, seconds=0.001), faults.lost():
        told.send("lost", everyone=True)
    assert [one["payload"] for one in client.frames] == ["slow"]


def test_closing_and_asking() -> None:
    client = WebSocketClient().connect()
    connection: Connection = connections.get(client.connection_id)
    with faults.gone(client), pytest.raises(ConnectionGone):
        connection.info()
    with faults.throttled(client):
        with pytest.raises(DeliveryFailed, match=r"did not describe .*LimitExceeded"):
            connection.info()
        with pytest.raises(DeliveryFailed, match=r"did not close .*LimitExceeded"):
            connection.close()
    with faults.throttled(client, times=3):
        connection.close()
    assert client.wait_closed() == 1000


class InATestCase(TestCase):
    def test_a_young_connection_counts_as_gone_too(self) -> None:
        client = WebSocketClient().connect()
        with faults.gone(client):
            assert reported().gone == 1
        assert retry.HANDSHAKE_GRACE.total_seconds() > 1
        assert memory.has_clients
