"""An API whose execute-api host is disabled: clients use its custom domain."""

import http.client
import json
from dataclasses import replace
from typing import Any

import pytest
from websockets.exceptions import InvalidStatus
from websockets.sync.client import ClientConnection, connect

from tests.local.conftest import Start
from tests.local.recording_backend import RecordingBackend, Response
from tests.local.running_gateway import RunningGateway, snapshot
from tests.local.test_connections_api import code, connection_id, plain
from wsrouter.catalog.snapshot import Domain, Snapshot
from wsrouter.local.rules.behaviour import Behaviour


def domain_only(key: str = "") -> Snapshot:
    """The three routes, with the execute-api endpoint disabled."""
    served = snapshot()
    return replace(
        served,
        api=replace(served.api, disable_execute_api_endpoint=True),
        domain=Domain(name="ws.example.com", certificate_arn="", mapping_key=key),
    )


def client(gateway: RunningGateway, path: str) -> ClientConnection:
    return connect(f"ws://127.0.0.1:{gateway.port}{path}", proxy=None)


@pytest.mark.parametrize("rule", ["refused", "works"])
@pytest.mark.parametrize(
    ("key", "path"), [("", "/"), ("chat", "/chat"), ("chat/v1", "/chat/v1")]
)
def test_the_domain_s_path_leads_there(
    backend: RecordingBackend, start: Start, key: str, path: str, rule: Any
) -> None:
    backend.respond = lambda request: Response(body=request.body)
    gateway = start(domain_only(key), behaviour=Behaviour(disabled_endpoint=rule))
    with client(gateway, path) as one:
        one.send("hello")
        assert one.recv(timeout=30) == "hello"
        name = {"ConnectionId": connection_id(backend)}
        there = gateway.boto3(key)
        there.post_to_connection(**name, Data=b"pushed")
        assert one.recv(timeout=30) == "pushed"
        assert there.get_connection(**name)["Identity"]["SourceIp"] == "127.0.0.1"
        there.delete_connection(**name)
    [end] = backend.wait_for("DISCONNECT")
    assert end.header("X-Wsrouter-Disconnect-Code") == "1000"


@pytest.mark.parametrize("rule", ["refused", "works"])
@pytest.mark.parametrize("path", ["/production", "/", "/chat/", "/chat/production"])
def test_other_paths_are_refused(
    backend: RecordingBackend, start: Start, path: str, rule: Any
) -> None:
    gateway = start(domain_only("chat"), behaviour=Behaviour(disabled_endpoint=rule))
    with pytest.raises(InvalidStatus) as refused:
        client(gateway, path)
    assert refused.value.response.status_code == 403
    assert json.loads(refused.value.response.body or b"") == {"message": "Forbidden"}
    assert not backend.requests


@pytest.mark.parametrize("key", ["", "chat"])
def test_posts_to_the_execute_api_host_are_refused(
    backend: RecordingBackend, start: Start, key: str
) -> None:
    gateway = start(domain_only(key))
    with client(gateway, f"/{key}"):
        name = {"ConnectionId": connection_id(backend)}
        there, forbidden = gateway.boto3(), (403, "ForbiddenException")
        assert code(there.post_to_connection, **name, Data=b"x") == forbidden
        assert code(there.get_connection, **name) == forbidden
        assert code(there.delete_connection, **name) == forbidden
        path = f"/production/@connections/{name['ConnectionId']}"
        assert plain(gateway, "POST", path)[2] == b'{"message":"Forbidden"}'


@pytest.mark.parametrize("key", ["", "chat"])
def test_posts_to_the_execute_api_host_may_work(
    backend: RecordingBackend, start: Start, key: str
) -> None:
    gateway = start(domain_only(key), behaviour=Behaviour(disabled_endpoint="works"))
    with client(gateway, f"/{key}") as one:
        there = gateway.boto3()
        there.post_to_connection(ConnectionId=connection_id(backend), Data=b"x")
        assert one.recv(timeout=30) == "x"


def test_the_switch_does_not_affect_an_enabled_endpoint(
    backend: RecordingBackend, gateway: RunningGateway
) -> None:
    assert gateway.gateway.api.behaviour.disabled_endpoint == "refused"
    with gateway.connect() as one:
        name = connection_id(backend)
        gateway.boto3().post_to_connection(ConnectionId=name, Data=b"x")
        assert one.recv(timeout=30) == "x"
    assert plain(gateway, "POST", f"/@connections/{name}")[0] == 403


def test_a_plain_get_is_no_handshake(start: Start) -> None:
    """The status page and the clients share `/` when the domain has no path."""
    gateway = start(domain_only())
    connection = http.client.HTTPConnection("127.0.0.1", gateway.port)
    connection.request("GET", "/")
    answer = connection.getresponse()
    assert (answer.status, b"<html" in answer.read()) == (200, True)
    connection.close()
    assert plain(start(domain_only("chat")), "GET", "/chat")[0] == 426
    assert plain(start(domain_only("chat")), "GET", "/production")[0] == 403
