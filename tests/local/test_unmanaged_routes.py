"""Routes of the same API that target another integration: one that is known is called,
another cannot be."""

import json
import re
from dataclasses import replace
from typing import Any

import pytest
from websockets.exceptions import InvalidStatus

from tests.local.conftest import Start
from tests.local.recording_backend import RecordingBackend, Response, wait_until
from tests.local.running_gateway import RunningGateway, snapshot
from tests.local.test_messages import error_frame
from wsrouter.catalog.snapshot import (
    CONNECT,
    DISCONNECT,
    ForeignRoute,
    Integration,
    RouteEntry,
    Snapshot,
)
from wsrouter.local.rules.behaviour import Behaviour
from wsrouter.ops.ws_local import foreign_routes
from wsrouter.options.gateway import Gateway

CAUSE = "this route targets another integration"


def outcomes(gateway: RunningGateway, key: str) -> list[str]:
    return [entry.outcome for entry in gateway.entries if entry.route_key == key]


def test_a_message_fails(backend: RecordingBackend, start: Start) -> None:
    with start(snapshot("$default", unmanaged=("theirs",))).connect() as client:
        client.send('{"action": "theirs"}')
        frame = str(client.recv(timeout=30))
    assert re.fullmatch(error_frame("Internal server error"), frame)


@pytest.mark.parametrize("status", ["502", "500"])
def test_a_handshake_is_refused(
    backend: RecordingBackend, start: Start, status: Any
) -> None:
    served = snapshot("$disconnect", "$default", unmanaged=("$connect",))
    gateway = start(served, behaviour=Behaviour(unreachable_status=status))
    with pytest.raises(InvalidStatus) as refused:
        gateway.open()
    answer = refused.value.response
    assert answer.status_code == int(status)
    assert re.fullmatch(
        error_frame("Internal server error"), (answer.body or b"").decode()
    )
    assert outcomes(gateway, "$connect") == [f"refused {status}: {CAUSE}"]
    assert not backend.requests


def test_a_disconnect_is_not_delivered(backend: RecordingBackend, start: Start) -> None:
    gateway = start(snapshot("$connect", "$default", unmanaged=("$disconnect",)))
    gateway.open().close()
    wait_until(lambda: bool(outcomes(gateway, "$disconnect")))
    assert outcomes(gateway, "$disconnect")[0].endswith(f"not delivered: {CAUSE}")
    assert not backend.of("DISCONNECT")


def beside(backend: RecordingBackend, *keys: str) -> Snapshot:
    """An API whose routes `keys` another library has, with headers of its own."""
    theirs = Integration(
        uri=backend.url.replace("/ws/", "/theirs/"),
        description="",
        request_parameters={
            "integration.request.header.connectionId": "context.connectionId"
        },
    )
    foreign = {
        key: ForeignRoute(
            route=RouteEntry(key=key, two_way=key not in (CONNECT, DISCONNECT)),
            integration=theirs,
        )
        for key in keys
    }
    ours = sorted({CONNECT, DISCONNECT, "ours"} - foreign.keys())
    return replace(snapshot(*ours, unmanaged=keys), foreign=foreign)


def test_each_integration_gets_its_own_events_and_headers(
    backend: RecordingBackend, start: Start
) -> None:
    backend.respond = lambda request: Response(body=request.target.encode())
    gateway = start(beside(backend, CONNECT, DISCONNECT, "theirs"))
    with gateway.connect("?channel=tea") as client:
        for key, target in (("theirs", "/theirs/"), ("ours", "/ws/")):
            client.send(json.dumps({"action": key}))
            assert client.recv(timeout=30) == target
    opened, theirs, ours, closed = backend.wait_for_requests(4)
    assert opened.target == "/theirs/?channel=tea"
    assert closed.target == "/theirs/"
    ids = {request.header("connectionId") for request in (opened, theirs, closed)}
    assert ids == {ours.header("X-Wsrouter-Connection-Id")}
    assert theirs.header("X-Wsrouter-Secret") is None
    assert ours.header("connectionId") is None


def test_a_foreign_route_is_taken_to_have_no_route_response(
    backend: RecordingBackend, start: Start
) -> None:
    strict = Behaviour(route_response="object")
    gateway = start(beside(backend, "theirs"), behaviour=strict)
    with gateway.connect() as client:
        client.send('{"action": "theirs"}')
        wait_until(lambda: bool(outcomes(gateway, "theirs")))
    assert outcomes(gateway, "theirs") == ["200, one-way"]


@pytest.mark.parametrize(
    ("uri", "kind", "served"),
    [
        ("https://www.example.com/theirs/?a=b", "HTTP_PROXY", "/theirs/?a=b"),
        ("https://www.example.com:8443/theirs/", "HTTP_PROXY", None),
        ("https://example.com/theirs/", "HTTP_PROXY", None),
        ("https://www.example.com/theirs/", "HTTP", None),
        ("arn:aws:apigateway:eu-west-1:lambda:path/theirs", "AWS_PROXY", None),
    ],
)
def test_what_leads_to_the_site_of_the_endpoint_is_served_here(
    uri: str, kind: str, served: str | None
) -> None:
    gateway = Gateway(alias="default", endpoint="https://www.example.com/ws/")
    integration = Integration(uri=uri, description="", type=kind, timeout_millis=500)
    theirs = ForeignRoute(route=RouteEntry(key="theirs"), integration=integration)
    here = "http://127.0.0.1:8000/ws/"
    found = foreign_routes.beside(gateway, {"theirs": theirs}, here)
    assert bool(found) == bool(served)
    for route in found.values():
        moved = replace(integration, uri=f"http://127.0.0.1:8000{served}")
        assert route == replace(theirs, integration=moved)
