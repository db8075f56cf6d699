"""@connections, as boto3 and plain HTTP see it."""

import http.client
import json
import re
import socket
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError
from websockets.exceptions import ConnectionClosed

from tests.local.conftest import Start
from tests.local.recording_backend import RecordingBackend
from tests.local.running_gateway import RunningGateway, snapshot
from wsrouter.local.rules.behaviour import Limits

UNKNOWN = "WDGT8fY4joECJrQ="
SIGNED = {
    "Authorization": "AWS4-HMAC-SHA256 Credential=local/20260101/eu-west-1/execute-api"
    "/aws4_request, SignedHeaders=host;x-amz-date, Signature=" + "0" * 64
}


def connection_id(backend: RecordingBackend) -> str:
    return str(backend.wait_for("CONNECT")[-1].header("X-Wsrouter-Connection-Id"))


def code(call: Any, **arguments: Any) -> tuple[int, str]:
    with pytest.raises(ClientError) as raised:
        call(**arguments)
    response = raised.value.response
    return response["ResponseMetadata"]["HTTPStatusCode"], response["Error"]["Code"]


def plain(
    gateway: RunningGateway,
    method: str,
    path: str,
    headers: dict[str, str] | None = None,
    body: bytes = b"",
) -> tuple[int, dict[str, str], bytes]:
    connection = http.client.HTTPConnection("127.0.0.1", gateway.port)
    connection.request(
        method, path, body, headers=SIGNED if headers is None else headers
    )
    response = connection.getresponse()
    content = response.read()
    connection.close()
    named = {name.lower(): value for name, value in response.getheaders()}
    return response.status, named, content


def test_a_post_reaches_its_connection(
    backend: RecordingBackend, gateway: RunningGateway
) -> None:
    with gateway.connect() as client, gateway.connect() as other:
        answer = gateway.boto3().post_to_connection(
            ConnectionId=connection_id(backend), Data="caf\u00e9".encode()
        )
        assert other.recv(timeout=30) == "caf\u00e9"
        with pytest.raises(TimeoutError):
            client.recv(timeout=0.1)
    assert answer["ResponseMetadata"]["HTTPStatusCode"] == 200


def test_posts_arrive_in_order(
    backend: RecordingBackend, gateway: RunningGateway
) -> None:
    api = gateway.boto3()
    with gateway.connect() as client:
        for number in range(50):
            api.post_to_connection(
                ConnectionId=connection_id(backend), Data=str(number).encode()
            )
        assert [client.recv(timeout=30) for _ in range(50)] == [
            str(number) for number in range(50)
        ]


def test_get_describes_the_connection(
    backend: RecordingBackend, gateway: RunningGateway
) -> None:
    with gateway.connect(user_agent_header="Shop/1"):
        info = gateway.boto3().get_connection(ConnectionId=connection_id(backend))
    assert info["Identity"] == {"SourceIp": "127.0.0.1", "UserAgent": "Shop/1"}
    for name in ("ConnectedAt", "LastActiveAt"):
        assert abs(datetime.now(UTC) - info[name]) < timedelta(seconds=10)


def test_the_wire_form_of_get(
    backend: RecordingBackend, gateway: RunningGateway
) -> None:
    with gateway.connect(user_agent_header=None):
        path = f"/production/@connections/{connection_id(backend)}"
        status, headers, body = plain(gateway, "GET", path)
    assert status == 200
    assert headers["content-type"] == "application/json"
    instant = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z"
    assert list(json.loads(body)) == ["identity", "connectedAt", "lastActiveAt"]
    assert re.fullmatch(instant, json.loads(body)["connectedAt"])
    assert json.loads(body)["identity"] == {"sourceIp": "127.0.0.1"}


def test_a_post_counts_as_activity(
    backend: RecordingBackend, gateway: RunningGateway
) -> None:
    api = gateway.boto3()
    with gateway.connect() as client:
        name = connection_id(backend)
        for _ in range(4):
            idle_seconds = Limits().idle_seconds - 60
            gateway.pass_time(gateway.socket(name), idle_seconds)
            api.post_to_connection(ConnectionId=name, Data=b"stay")
            assert client.recv(timeout=30) == "stay"


def test_delete_closes_with_1000(
    backend: RecordingBackend, gateway: RunningGateway
) -> None:
    api, name = gateway.boto3(), {}
    with gateway.connect() as client:
        name = {"ConnectionId": connection_id(backend)}
        api.post_to_connection(**name, Data=b"last words")
        answer = api.delete_connection(**name)
        assert answer["ResponseMetadata"]["HTTPStatusCode"] == 204
        assert code(api.delete_connection, **name) == (410, "GoneException")
        assert client.recv(timeout=30) == "last words"
        with pytest.raises(ConnectionClosed) as raised:
            client.recv(timeout=30)
    assert raised.value.rcvd is not None
    assert raised.value.rcvd.code == 1000
    [end] = backend.wait_for("DISCONNECT")
    assert end.header("X-Wsrouter-Disconnect-Code") == "1000"
    assert end.header("X-Wsrouter-Disconnect-Reason") == "Connection Closed Normally"


def test_closed_and_unknown_connections_are_gone(
    backend: RecordingBackend, gateway: RunningGateway
) -> None:
    api = gateway.boto3()
    with gateway.connect():
        pass
    backend.wait_for("DISCONNECT")
    for name in (connection_id(backend), UNKNOWN):
        gone = (410, "GoneException")
        assert code(api.post_to_connection, ConnectionId=name, Data=b"") == gone
        assert code(api.get_connection, ConnectionId=name) == gone
        assert code(api.delete_connection, ConnectionId=name) == gone


def test_gone_has_no_body(gateway: RunningGateway) -> None:
    path = f"/production/%40connections/{UNKNOWN.replace('=', '%3D')}"
    status, headers, body = plain(gateway, "POST", path, body=b"hi")
    assert (status, body) == (410, b"")
    assert headers["x-amzn-errortype"] == "GoneException"
    assert headers["content-type"] == "application/json"
    assert headers["content-length"] == "0"


@pytest.mark.parametrize(
    "name", ["short=", UNKNOWN + "test", "WDGT8fY4joECJr==", "a/b"]
)
def test_a_malformed_id_is_a_bad_request(gateway: RunningGateway, name: str) -> None:
    call = gateway.boto3().post_to_connection
    assert code(call, ConnectionId=name, Data=b"") == (400, "BadRequestException")
    body = plain(gateway, "GET", f"/production/@connections/{name}")[2]
    assert json.loads(body) == {"message": f"Invalid connectionId: {name}"}


def test_more_than_128_kb_is_too_large(
    backend: RecordingBackend, gateway: RunningGateway
) -> None:
    call = gateway.boto3().post_to_connection
    with gateway.connect() as client:
        name = connection_id(backend)
        call(ConnectionId=name, Data=b"x" * 128 * 1024)
        assert len(client.recv(timeout=30)) == 128 * 1024
        for size in (128 * 1024 + 1, 5 * 1024 * 1024):
            large = b"x" * size
            assert code(call, ConnectionId=name, Data=large) == (
                413,
                "PayloadTooLargeException",
            )


def test_another_stage_is_forbidden(
    backend: RecordingBackend, gateway: RunningGateway
) -> None:
    with gateway.connect():
        call = gateway.boto3("staging").post_to_connection
        name = connection_id(backend)
        assert code(call, ConnectionId=name, Data=b"") == (403, "ForbiddenException")


@pytest.mark.parametrize(
    "authorization",
    [
        None,
        "Basic bG9jYWw6bG9jYWw=",
        SIGNED["Authorization"].replace("execute-api", "apigateway"),
    ],
)
def test_without_a_signature_nothing_is_posted(
    backend: RecordingBackend, gateway: RunningGateway, authorization: str | None
) -> None:
    headers = {"Authorization": authorization} if authorization else {}
    with gateway.connect() as client:
        path = f"/production/@connections/{connection_id(backend)}"
        status, _, body = plain(gateway, "POST", path, headers, b"hi")
        with pytest.raises(TimeoutError):
            client.recv(timeout=0.1)
    assert (status, body) == (403, b'{"message":"Missing Authentication Token"}')


@pytest.mark.parametrize("method", ["POST", "GET", "DELETE"])
def test_a_signature_for_another_region_is_refused(
    backend: RecordingBackend, start: Start, method: str
) -> None:
    gateway = start(region="us-west-2")
    theirs = SIGNED["Authorization"]
    ours = theirs.replace("eu-west-1", "us-west-2")
    with gateway.connect() as client:
        path = f"/production/@connections/{connection_id(backend)}"
        status, headers, body = plain(gateway, method, path, SIGNED)
        assert (status, headers["x-amzn-errortype"]) == (
            403,
            "InvalidSignatureException",
        )
        assert b"a valid region, not 'eu-west-1'" in body
        with pytest.raises(TimeoutError):
            client.recv(timeout=0.1)
        assert plain(gateway, method, path, {"Authorization": ours})[0] in (200, 204)


def test_another_method_is_refused(
    backend: RecordingBackend, gateway: RunningGateway
) -> None:
    with gateway.connect():
        path = f"/production/@connections/{connection_id(backend)}"
        assert plain(gateway, "PUT", path)[0] == 403


def test_half_a_post_is_not_delivered(
    backend: RecordingBackend, gateway: RunningGateway
) -> None:
    with gateway.connect() as client:
        path = f"/production/@connections/{connection_id(backend)}"
        half = http.client.HTTPConnection("127.0.0.1", gateway.port)
        half.putrequest("POST", path)
        half.putheader("Authorization", SIGNED["Authorization"])
        half.putheader("Content-Length", "100")
        half.endheaders(b"half")
        half.close()
        with pytest.raises(TimeoutError):
            client.recv(timeout=0.3)


def test_a_slow_client_is_limited_and_stalls_nobody(
    backend: RecordingBackend, start: Start
) -> None:
    gateway = start(snapshot(), limits=Limits(send_buffer_bytes=300_000))
    api = gateway.boto3()
    slow = gateway.open(max_queue=1)
    name = connection_id(backend)
    with gateway.connect() as quick:
        quick_name = connection_id(backend)
        with pytest.raises(ClientError, match="LimitExceededException"):
            gateway.post_often(name)
        api.post_to_connection(ConnectionId=quick_name, Data=b"hi")
        assert quick.recv(timeout=30) == "hi"
    slow.socket.shutdown(socket.SHUT_WR)
    backend.wait_for("DISCONNECT", 2)
