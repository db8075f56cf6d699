"""What a project hears of connections and messages, through every entry point, and that
whoever does not listen pays nothing."""

from collections.abc import Iterator
from datetime import timedelta
from io import StringIO
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.management import call_command
from django.utils import timezone

from tests.django.entry_points import ENTRY_POINTS
from tests.django.events import Gateway, serving
from tests.django.group_routes import Socket
from wsrouter import Connection, HandledFrame, MessageError, Reject, Router, connections
from wsrouter.delivery.memory import MemoryTransport
from wsrouter.models import OpenConnection
from wsrouter.signals import connected, disconnected, message_handled
from wsrouter.testing.substitution import substituted

pytestmark = [pytest.mark.database, pytest.mark.usefixtures("shared_database")]
router = Router()
heard: list[tuple[Any, ...]] = []


@router.connect
def opened(connection: Connection) -> None:
    if connection.source_ip == "203.0.113.66":
        raise Reject(403)


@router.route("say")
def say(payload: str, connection: Connection) -> str:
    if payload == "no":
        raise MessageError("no_thanks")
    if payload == "crash":
        raise LookupError("of the handler")
    return payload


@router.route("asay")
async def asay(payload: str) -> str:
    return payload


def on_connected(connection: Connection, **_: Any) -> None:
    stored = OpenConnection.objects.filter(connection_id=connection.id).count()
    heard.append(("connected", connection.id, str(connection.user), stored))


def on_disconnected(connection: Connection, disconnected: Any, **_: Any) -> None:
    heard.append(("disconnected", connection.id, disconnected.cause, disconnected.code))


def on_handled(handled: HandledFrame, **_: Any) -> None:
    heard.append((handled.route, handled.outcome, handled.code, handled.user))
    assert 0 < handled.seconds < 60
    assert handled.frame.request_id == "HJ1ZVHX0vHcFtRQ="


@pytest.fixture(autouse=True)
def memory() -> Iterator[MemoryTransport]:
    heard.clear()
    transport = MemoryTransport()
    connected.connect(on_connected)
    disconnected.connect(on_disconnected)
    message_handled.connect(on_handled)
    with serving(router), substituted(transport=transport, secret=""):
        yield transport
    connected.disconnect(on_connected)
    disconnected.disconnect(on_disconnected)
    message_handled.disconnect(on_handled)


@pytest.mark.parametrize("entry_point", ENTRY_POINTS.values(), ids=ENTRY_POINTS)
def test_the_life_of_a_connection(user: User, entry_point: Any) -> None:
    gateway = Gateway(http=entry_point(raise_request_exception=False))
    gateway.connect(user)
    gateway.send("say", "hello", id="1")
    gateway.send("asay", "hello")
    gateway.send("say", "no", id="2")
    gateway.send("say", 7, id="3")
    gateway.send("say", "crash", id="4")
    gateway.send("unknown", "x", id="5")
    gateway.text("say", b"[")
    gateway.disconnect(disconnectStatusCode="1001")
    gateway.disconnect()
    assert heard == [
        ("connected", gateway.id, "ada", 1),
        ("say", "reply", "", user.pk),
        ("asay", "reply", "", None),
        ("say", "error", "no_thanks", user.pk),
        ("say", "error", "invalid_payload", user.pk),
        ("say", "error", "internal_error", user.pk),
        ("unknown", "error", "unknown_route", None),
        ("say", "error", "malformed_frame", user.pk),
        ("disconnected", gateway.id, "client", 1001),
    ]


def test_a_refused_handshake_is_no_connection(user: User) -> None:
    assert Gateway().connect(sourceIp="203.0.113.66").status_code == 403
    assert heard == []


def test_every_end_is_told_once(user: User, memory: MemoryTransport) -> None:
    """Also where neither a `$disconnect` comes nor a handler asks for it."""
    ended, lost, late = Gateway(), Gateway(), Gateway()
    sockets = [Socket() for _ in range(3)]
    for each, socket in zip((ended, lost, late), sockets, strict=True):
        each.connect(user)
        memory.opened(each.id, socket)
    heard.clear()
    connections.get(lost.id).close()
    lost.disconnect(disconnectStatusCode="1000")
    rows = OpenConnection.objects.filter(connection_id=late.id)
    rows.update(expires_at=timezone.now() - timedelta(seconds=1))
    call_command("ws_reap", stdout=StringIO())
    connections.end(user)
    told = {(each[1], str(each[2])) for each in heard}
    assert told == {(lost.id, "client"), (late.id, "ended"), (ended.id, "ended")}
    assert len(heard) == 3


def test_a_receiver_that_fails_changes_nothing(
    caplog: pytest.LogCaptureFixture,
) -> None:
    def fail(**_: Any) -> None:
        raise ValueError("of the receiver")

    for signal in (connected, message_handled, disconnected):
        signal.connect(fail)
    try:
        gateway = Gateway()
        assert gateway.connect().status_code == 200
        assert gateway.send("say", "hello", id="1")["payload"] == "hello"
        assert gateway.disconnect().status_code == 200
    finally:
        for signal in (connected, message_handled, disconnected):
            signal.disconnect(fail)
    assert len(heard) == 3
    assert {record.name for record in caplog.records} == {"django.dispatch"}
