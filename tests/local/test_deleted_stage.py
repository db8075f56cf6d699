"""A stage that is deleted while it has open sockets, and published again."""

import json
import threading
from typing import Any

import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus

from tests.local.conftest import Start
from tests.local.recording_backend import (
    RecordingBackend,
    Request,
    Response,
    wait_until,
)
from tests.local.running_gateway import RunningGateway, snapshot
from tests.local.test_connections_api import code, connection_id, plain
from wsrouter.local.rules.behaviour import Behaviour


def disconnect_outcome(gateway: RunningGateway) -> str:
    """The outcome of the `$disconnect` in the journal."""

    def ends() -> list[str]:
        return [e.outcome for e in gateway.entries if e.route_key == "$disconnect"]

    wait_until(lambda: bool(ends()))
    return ends()[0]


@pytest.mark.parametrize("rule", ["forbidden", "served", "closed"])
def test_handshakes_and_posts_are_refused(
    backend: RecordingBackend, start: Start, rule: Any
) -> None:
    gateway = start(behaviour=Behaviour(deleted_stage=rule))
    gateway.open()
    name = {"ConnectionId": connection_id(backend)}
    gateway.do(gateway.gateway.delete_stage)
    with pytest.raises(InvalidStatus) as refused:
        gateway.open()
    assert refused.value.response.status_code == 403
    assert json.loads(refused.value.response.body or b"") == {"message": "Forbidden"}
    api, forbidden = gateway.boto3(), (403, "ForbiddenException")
    assert code(api.post_to_connection, **name, Data=b"x") == forbidden
    assert code(api.get_connection, **name) == forbidden
    assert code(api.delete_connection, **name) == forbidden
    assert plain(gateway, "GET", "/production")[0] == 403
    assert len(backend.of("CONNECT")) == 1


def test_forbidden(backend: RecordingBackend, gateway: RunningGateway) -> None:
    with gateway.connect() as client:
        gateway.do(gateway.gateway.delete_stage)
        for _ in range(2):
            client.send("{}")
            frame = json.loads(client.recv(timeout=30))
            assert list(frame) == ["message", "connectionId", "requestId"]
            assert frame["message"] == "Forbidden"
    assert disconnect_outcome(gateway).endswith("not delivered: the stage is deleted")
    assert "Forbidden: the stage is deleted" in [e.outcome for e in gateway.entries]
    assert not backend.of("MESSAGE")
    assert not backend.of("DISCONNECT")


@pytest.mark.parametrize("redeploy", ["current", "former"])
def test_served(backend: RecordingBackend, start: Start, redeploy: Any) -> None:
    backend.respond = lambda request: Response(body=request.body)
    behaviour = Behaviour(deleted_stage="served", redeploy=redeploy)
    gateway = start(behaviour=behaviour)
    with gateway.connect() as client:
        gateway.do(gateway.gateway.delete_stage)
        client.send("still here")
        assert client.recv(timeout=30) == "still here"
    backend.wait_for("DISCONNECT")


def test_closed(backend: RecordingBackend, start: Start) -> None:
    gateway = start(behaviour=Behaviour(deleted_stage="closed"))
    with gateway.connect() as client:
        gateway.do(gateway.gateway.delete_stage)
        with pytest.raises(ConnectionClosed) as closed:
            client.recv(timeout=30)
    assert closed.value.rcvd is not None
    assert (closed.value.rcvd.code, closed.value.rcvd.reason) == (1001, "Going away")
    assert disconnect_outcome(gateway).endswith("not delivered: the stage is deleted")
    assert not backend.of("DISCONNECT")


def test_closed_even_during_the_handshake(
    backend: RecordingBackend, start: Start
) -> None:
    called, release = threading.Event(), threading.Event()

    def slow(_: Request) -> Response:
        called.set()
        release.wait(30)
        return Response()

    backend.respond = slow
    gateway = start(behaviour=Behaviour(deleted_stage="closed"))

    def delete() -> None:
        called.wait(30)
        gateway.do(gateway.gateway.delete_stage)
        release.set()

    deleting = threading.Thread(target=delete)
    deleting.start()
    with gateway.connect() as client, pytest.raises(ConnectionClosed) as closed:
        client.recv(timeout=30)
    deleting.join(30)
    assert closed.value.rcvd is not None
    assert closed.value.rcvd.code == 1001


@pytest.mark.parametrize("redeploy", ["current", "former"])
def test_a_restored_stage_is_served_again(
    backend: RecordingBackend, start: Start, redeploy: Any
) -> None:
    backend.respond = lambda request: Response(body=request.body)
    gateway = start(snapshot(), behaviour=Behaviour(redeploy=redeploy))
    with gateway.connect() as client:
        name = {"ConnectionId": connection_id(backend)}
        gateway.do(gateway.gateway.delete_stage)
        client.send("lost")
        assert "Forbidden" in str(client.recv(timeout=30))
        gateway.do(gateway.gateway.restore_stage)
        client.send("found")
        assert client.recv(timeout=30) == "found"
        gateway.boto3().post_to_connection(**name, Data=b"pushed")
        assert client.recv(timeout=30) == "pushed"
        with gateway.connect() as other:
            other.send("too")
            assert other.recv(timeout=30) == "too"
    backend.wait_for("DISCONNECT", 2)
