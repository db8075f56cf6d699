"""A client whose connection is cut without the gateway detecting it."""

from time import monotonic

import pytest
from websockets.exceptions import ConnectionClosed

from tests.local.conftest import Start
from tests.local.recording_backend import RecordingBackend, wait_until
from tests.local.running_gateway import RunningGateway, running, snapshot
from tests.local.test_connections_api import code, connection_id
from tests.local.test_status_page import ask, token
from wsrouter.local.rules.behaviour import Behaviour, Limits

IDLE_SECONDS = Limits().idle_seconds


def drop_client(gateway: RunningGateway, backend: RecordingBackend) -> str:
    """Connect a client and drop it; the id of its connection."""
    with gateway.connect() as client:
        name = connection_id(backend)
        for _ in range(2):  # the second time there is nothing left to cut
            path = f"/~status/{name}/drop"
            assert ask(gateway, "POST", path, X_Token=token(gateway))[0] == 204
        with pytest.raises(ConnectionClosed) as closed:
            client.recv(timeout=30)
        assert closed.value.rcvd is None
    return name


def test_it_takes_posts_until_the_idle_limit(
    backend: RecordingBackend, start: Start
) -> None:
    limits = Limits(send_buffer_bytes=1000)
    gateway = start(limits=limits, behaviour=Behaviour(dropped="silent"))
    name = drop_client(gateway, backend)
    socket, api = gateway.socket(name), gateway.boto3()
    for _ in range(20):  # more than the buffer of a client that does not read holds
        api.post_to_connection(ConnectionId=name, Data=b"x" * 1000)
    gateway.pass_time(socket, IDLE_SECONDS - 60)
    assert api.get_connection(ConnectionId=name)
    assert not backend.of("DISCONNECT")
    gateway.pass_time(socket, 60)
    [end] = backend.wait_for("DISCONNECT")
    assert end.header("X-Wsrouter-Disconnect-Code") == "1001"
    gone = (410, "GoneException")
    assert code(api.post_to_connection, ConnectionId=name, Data=b"x") == gone


def test_its_disconnect_may_be_lost(backend: RecordingBackend, start: Start) -> None:
    behaviour = Behaviour(dropped="silent", lost_disconnect=1.0)
    gateway = start(behaviour=behaviour)
    name = drop_client(gateway, backend)
    gateway.pass_time(gateway.socket(name), IDLE_SECONDS)
    wait_until(lambda: gateway.entries[-1].route_key == "$disconnect")
    assert "not delivered: lost on purpose" in gateway.entries[-1].outcome
    assert not backend.of("DISCONNECT")


def test_it_can_be_deleted(backend: RecordingBackend, start: Start) -> None:
    gateway = start(behaviour=Behaviour(dropped="silent"))
    name = drop_client(gateway, backend)
    gateway.boto3().delete_connection(ConnectionId=name)
    [end] = backend.wait_for("DISCONNECT")
    assert end.header("X-Wsrouter-Disconnect-Code") == "1000"


def test_it_delays_no_shutdown(backend: RecordingBackend) -> None:
    limits, behaviour = Limits(shutdown_seconds=30), Behaviour(dropped="silent")
    with running(
        snapshot(), backend.url, limits=limits, behaviour=behaviour
    ) as gateway:
        drop_client(gateway, backend)
        before = monotonic()
    assert monotonic() - before < 10
    [end] = backend.of("DISCONNECT")
    assert end.header("X-Wsrouter-Disconnect-Code") == "1012"
