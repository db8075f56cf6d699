"""The handshake: `$connect` decides before the 101."""

import http.client
import re
import threading
from urllib.parse import unquote

import pytest
from botocore.exceptions import ClientError
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect

from tests.local.conftest import Start
from tests.local.recording_backend import (
    RecordingBackend,
    Request,
    Response,
    wait_until,
)
from tests.local.running_gateway import RunningGateway, snapshot
from wsrouter.local.rules.behaviour import Behaviour, Limits


def refused(gateway: RunningGateway, path: str = "/production") -> tuple[int, bytes]:
    with pytest.raises(InvalidStatus) as raised:
        connect(f"ws://127.0.0.1:{gateway.port}{path}", proxy=None)
    response = raised.value.response
    return response.status_code, bytes(response.body or b"")


@pytest.mark.parametrize("path", ["/", "/staging", "/production/", "/%1b"])
def test_the_journal_names_the_right_path_for_a_wrong_one(
    gateway: RunningGateway, path: str
) -> None:
    assert refused(gateway, path)[0] == 403
    [entry] = gateway.entries
    cause = f"not {unquote(path)}, clients go to /production"
    assert entry.outcome == f"refused 403: {cause}"
    assert (entry.route_key, entry.failed) == ("$connect", True)


@pytest.mark.parametrize("status", [301, 400, 401, 403, 500, 503])
def test_the_status_of_connect_refuses_the_handshake(
    backend: RecordingBackend,
    gateway: RunningGateway,
    caplog: pytest.LogCaptureFixture,
    status: int,
) -> None:
    backend.respond = lambda request: Response(status=status, body=b"not you")
    assert refused(gateway) == (status, b"not you")
    assert not backend.of("DISCONNECT")
    assert [entry.outcome for entry in gateway.entries] == [f"refused {status}"]
    assert not caplog.records


def test_the_body_of_a_refusal_may_be_dropped(
    backend: RecordingBackend, start: Start
) -> None:
    backend.respond = lambda request: Response(status=401, body=b"not you")
    assert refused(start(behaviour=Behaviour(refusal_body="dropped"))) == (401, b"")


def test_headers_and_body_of_connect_do_not_reach_the_client(
    backend: RecordingBackend, gateway: RunningGateway
) -> None:
    backend.respond = lambda request: Response(
        status=201, body=b"unheard", headers={"Set-Cookie": "a=1", "X-Own": "1"}
    )
    with gateway.connect() as client:
        assert client.response is not None
        assert "Set-Cookie" not in client.response.headers
        assert "X-Own" not in client.response.headers
        with pytest.raises(TimeoutError):
            client.recv(timeout=0.2)


def test_an_unreachable_backend_refuses(start: Start) -> None:
    status, body = refused(start(uri="http://127.0.0.1:9/"))
    assert status == 502
    assert b'"message": "Internal server error"' in body


def test_a_late_backend_refuses(backend: RecordingBackend, start: Start) -> None:
    release = threading.Event()

    def late(request: Request) -> Response:
        release.wait(30)
        return Response()

    backend.respond = late
    assert refused(start(snapshot(timeout_millis=100)))[0] == 504
    release.set()


def test_without_a_connect_route_every_handshake_is_accepted(
    backend: RecordingBackend, start: Start
) -> None:
    with start(snapshot("$default")).connect() as client:
        client.send("{}")
        backend.wait_for("MESSAGE")
    assert not backend.of("CONNECT")


@pytest.mark.parametrize(
    ("chosen", "expected"), [("two", "two"), ("three", None), (None, None)]
)
def test_the_backend_chooses_the_subprotocol(
    backend: RecordingBackend,
    gateway: RunningGateway,
    chosen: str | None,
    expected: str | None,
) -> None:
    headers = {"Sec-WebSocket-Protocol": chosen} if chosen else {}
    backend.respond = lambda request: Response(headers=headers)
    with gateway.connect(subprotocols=["one", "two"]) as client:
        assert client.subprotocol == expected


@pytest.mark.parametrize("path", ["/", "/other", "/production/", "/production/more"])
def test_only_the_stage_can_be_connected_to(
    backend: RecordingBackend, gateway: RunningGateway, path: str
) -> None:
    assert refused(gateway, path) == (403, b'{"message":"Forbidden"}')
    assert not backend.requests


def test_a_long_url_is_refused(backend: RecordingBackend, start: Start) -> None:
    gateway = start(limits=Limits(url_characters=40))
    assert refused(gateway, "/production?" + "x" * 40)[0] == 414
    assert not backend.requests


def test_a_plain_request_is_answered_with_426(gateway: RunningGateway) -> None:
    plain = http.client.HTTPConnection("127.0.0.1", gateway.port)
    plain.request("GET", "/production")
    assert plain.getresponse().status == 426
    plain.close()


def test_deflate_is_negotiated_when_offered(
    backend: RecordingBackend, gateway: RunningGateway
) -> None:
    backend.respond = lambda request: Response(body=request.body)
    with gateway.connect(compression="deflate") as client:
        assert client.response is not None
        offer = client.response.headers["Sec-WebSocket-Extensions"]
        assert "server_max_window_bits=12" in offer
        client.send("x" * 5000)
        assert client.recv(timeout=30) == "x" * 5000


def test_a_connection_is_gone_until_its_handshake_is_done(
    backend: RecordingBackend, gateway: RunningGateway
) -> None:
    seen: list[str] = []

    def answer(request: Request) -> Response:
        connection_id = str(request.header("X-Wsrouter-Connection-Id"))
        try:
            gateway.boto3().post_to_connection(ConnectionId=connection_id, Data=b"hi")
        except ClientError as error:
            seen.append(error.response["Error"]["Code"])
        else:
            seen.append("posted")
        return Response()

    backend.respond = answer
    with gateway.connect() as client:
        client.send("{}")
        assert client.recv(timeout=30) == "hi"
    wait_until(lambda: len(seen) == 3)
    assert seen == ["GoneException", "posted", "GoneException"]


def test_a_client_that_leaves_during_the_handshake_is_disconnected(
    backend: RecordingBackend, gateway: RunningGateway
) -> None:
    arrived, release = threading.Event(), threading.Event()

    def answer(request: Request) -> Response:
        arrived.set()
        release.wait(30)
        return Response()

    backend.respond = answer
    impatient = http.client.HTTPConnection("127.0.0.1", gateway.port)
    impatient.request(
        "GET",
        "/production",
        headers={
            "Connection": "Upgrade",
            "Upgrade": "websocket",
            "Sec-WebSocket-Version": "13",
            "Sec-WebSocket-Key": "AAAAAAAAAAAAAAAAAAAAAA==",
        },
    )
    assert arrived.wait(30)
    impatient.close()
    release.set()
    [end] = backend.wait_for("DISCONNECT")
    assert end.header("X-Wsrouter-Disconnect-Code") == "1006"
    assert re.fullmatch(
        str(backend.of("CONNECT")[0].header("X-Wsrouter-Connection-Id")),
        str(end.header("X-Wsrouter-Connection-Id")),
    )
