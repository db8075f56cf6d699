"""What is counted, by the conventions for messaging and beyond them."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.contrib.auth.models import User

from tests.django.events import Gateway, serving
from tests.django.group_routes import Socket
from tests.django.otel.recording import Recording
from wsrouter import Connection, MessageError, Reject, Router, connections
from wsrouter.delivery.memory import MemoryTransport
from wsrouter.testing.substitution import substituted

pytestmark = [pytest.mark.database, pytest.mark.usefixtures("shared_database")]
router = Router()
said = router.event("said", str)
SYSTEM = {"messaging.system": "aws_api_gateway_websocket"}
PROCESS = {
    **SYSTEM,
    "messaging.operation.name": "process",
    "wsrouter.gateway": "default",
}


@router.connect
def opened(connection: Connection) -> None:
    if connection.source_ip == "203.0.113.66":
        raise Reject(403)
    connection.join("a-group")


@router.route("say")
def say(payload: str) -> str:
    if payload == "no":
        raise MessageError("no_thanks")
    said.send(payload, group="a-group")
    return payload


@pytest.fixture
def memory() -> Iterator[MemoryTransport]:
    memory = MemoryTransport()
    with serving(router), substituted(transport=memory, secret=""):
        yield memory


def without(attributes: dict[str, Any]) -> dict[str, Any]:
    """Those that are not the same everywhere."""
    return {n: v for n, v in attributes.items() if PROCESS.get(n) != v}


def told(recorded: Recording, name: str) -> list[tuple[dict[str, Any], Any]]:
    points = recorded.points(name)
    assert all(attributes.items() >= SYSTEM.items() for attributes, _ in points)
    return [(without(attributes), value) for attributes, value in points]


def test_messages(memory: MemoryTransport, recorded: Recording) -> None:
    gateway = Gateway()
    gateway.connect()
    gateway.send("say", "x", id="1")
    gateway.send("say", "x", id="2")
    gateway.send("say", "no", id="3")
    gateway.send("made-up", "x", id="4")
    gateway.disconnect()
    name, error = "messaging.destination.name", "error.type"
    messages = [
        ({name: "say"}, 2),
        ({name: "say", error: "no_thanks"}, 1),
        ({name: "$default", error: "unknown_route"}, 1),
    ]
    ends = [({name: "$connect"}, 1), ({name: "$disconnect"}, 1)]
    assert told(recorded, "messaging.client.consumed.messages") == messages
    durations = told(recorded, "messaging.process.duration")
    assert sorted(durations, key=str) == sorted([*messages, *ends], key=str)


def test_posts(user: User, memory: MemoryTransport, recorded: Recording) -> None:
    """One connection of three is gone."""
    gateways = [Gateway(), Gateway(), Gateway()]
    sockets = [Socket(), Socket()]
    for gateway in gateways:
        gateway.connect(user)
    for gateway, socket in zip(gateways, sockets, strict=False):
        memory.opened(gateway.id, socket)
    said.send("x", group="a-group")
    gone = {"error.type": "gone"}
    name = {"messaging.destination.name": "said"}
    post = {"messaging.operation.name": "post", **name}
    assert told(recorded, "messaging.client.sent.messages") in (
        [(post, 2), (post | {"error.type": "handshake"}, 1)],
        [(post, 2), (post | gone, 1)],
    )
    deliveries = recorded.points("wsrouter.deliveries")
    assert deliveries[0] == (name | {"wsrouter.outcome": "delivered"}, 2)
    operations = told(recorded, "messaging.client.operation.duration")
    assert {each["messaging.operation.name"] for each, _ in operations} == {
        "send",
        "post",
    }


def test_connections(user: User, memory: MemoryTransport, recorded: Recording) -> None:
    """However a connection ends, it is counted once."""
    closed, ended = Gateway(), Gateway()
    sockets = [Socket(), Socket()]
    for each, socket in zip((closed, ended), sockets, strict=True):
        each.connect(user)
        memory.opened(each.id, socket)
    Gateway().connect(sourceIp="203.0.113.66")
    Gateway().connect(client={"Origin": "https://elsewhere.example"})
    closed.disconnect()
    closed.disconnect()
    connections.end(user)
    gateway = {"wsrouter.gateway": "default"}
    assert recorded.points("wsrouter.connections.opened") == [(gateway, 2)]
    assert recorded.points("wsrouter.connections.refused") == [
        (gateway | {"error.type": "403"}, 2)
    ]
    assert recorded.points("wsrouter.connections.ended") == [
        (gateway | {"wsrouter.cause": "client"}, 1),
        (gateway | {"wsrouter.cause": "ended"}, 1),
    ]


def test_the_bounds_of_durations(memory: MemoryTransport, recorded: Recording) -> None:
    """Those of the conventions: the SDK's own are milliseconds."""
    Gateway().send("say", "x")
    durations = [m for m in recorded.metrics() if m.name.endswith(".duration")]
    assert len(durations) == 2
    for metric in durations:
        assert metric.unit == "s"
        [bounds] = {tuple(p.explicit_bounds) for p in metric.data.data_points}
        assert (bounds[0], bounds[-1]) == (0.005, 10)
