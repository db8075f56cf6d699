"""A gateway whose integration is AWS_PROXY: whole events, and what answers lead to."""

import json
import re
from dataclasses import replace
from typing import Any

import pytest
from websockets.exceptions import InvalidStatus

from tests.local.conftest import Start
from tests.local.recording_backend import RecordingBackend, Response, wait_until
from tests.local.running_gateway import RunningGateway, snapshot
from wsrouter.catalog.snapshot import AWS_PROXY, Snapshot
from wsrouter.local.rules.behaviour import Behaviour
from wsrouter.wire import lambda_event

ID = re.compile(r"[A-Za-z0-9_-]{15}=")


def invoking(**changed: Any) -> Snapshot:
    served = snapshot(parameters={}, **changed)
    return replace(served, integration=replace(served.integration, type=AWS_PROXY))


def answer(status: Any = 200, body: Any = "", **more: Any) -> Response:
    found = {"statusCode": status, "body": body, **more}
    return Response(body=json.dumps(found).encode())


@pytest.fixture
def function(backend: RecordingBackend) -> RecordingBackend:
    """Lambda, with a function that says 200 to everything."""
    backend.respond = lambda _: answer()
    return backend


def events(function: RecordingBackend, count: int) -> list[Any]:
    return [json.loads(found.body) for found in function.wait_for_requests(count)]


def without_ids(event: Any) -> Any:
    """The event with a word in place of each id and time, which are checked."""
    context = event["requestContext"]
    for name in ("connectionId", "requestId", "extendedRequestId", "messageId"):
        if name in context:
            assert ID.fullmatch(context[name]), name
            context[name] = "id"
    for name in ("connectedAt", "requestTimeEpoch"):
        assert type(context[name]) is int
        context[name] = 0
    assert re.fullmatch(
        r"\d\d/\w{3}/\d{4}:\d\d:\d\d:\d\d \+0000", context["requestTime"]
    )
    context["requestTime"] = "now"
    return event


def context(kind: str, key: str, **more: Any) -> dict[str, Any]:
    return {
        "routeKey": key,
        "eventType": kind,
        "extendedRequestId": "id",
        "requestTime": "now",
        "messageDirection": "IN",
        "stage": "production",
        "connectedAt": 0,
        "requestTimeEpoch": 0,
        "identity": {"userAgent": "tests/1", "sourceIp": "127.0.0.1"},
        "requestId": "id",
        "domainName": more.pop("domain"),
        "connectionId": "id",
        "apiId": "local",
        **more,
    }


def test_whole_events(function: RecordingBackend, start: Start) -> None:
    gateway = start(invoking(), api_id="local")
    headers = {"User-Agent": "tests/1", "Cookie": "sessionid=1", "X-Own": "ä"}
    with gateway.connect("?t=1&t=2%20&e=", additional_headers=headers) as client:
        client.send('{"action": "hi"}')
        events(function, 2)
    opening, message, end = map(without_ids, events(function, 3))

    assert opening["requestContext"] == context(
        "CONNECT", "$connect", domain=opening["requestContext"]["domainName"]
    )
    assert opening["isBase64Encoded"] is False
    assert "body" not in opening
    sent = opening["headers"]
    assert sent["Host"] == opening["requestContext"]["domainName"]
    assert (sent["Cookie"], sent["X-Own"]) == ("sessionid=1", "ä")
    assert sent["User-Agent"] == "tests/1"
    assert sent["X-Forwarded-For"] == "127.0.0.1"
    assert sent["X-Forwarded-Proto"] == "https"
    assert re.match("Root=1-", sent["X-Amzn-Trace-Id"])
    assert "Sec-Websocket-Key" in sent
    assert not {"Connection", "Upgrade"} & set(sent)
    assert opening["multiValueHeaders"] == {name: [sent[name]] for name in sent}
    assert opening["queryStringParameters"] == {"t": "2 ", "e": ""}
    assert opening["multiValueQueryStringParameters"] == {"t": ["1", "2 "], "e": [""]}

    assert message == {
        "requestContext": context(
            "MESSAGE", "$default", domain=sent["Host"], messageId="id"
        ),
        "body": '{"action": "hi"}',
        "isBase64Encoded": False,
    }
    ending = {"disconnectStatusCode": 1000, "disconnectReason": ""}
    empty = {"x-api-key": "", "X-Forwarded-For": "", "x-restapi": ""}
    assert end == {
        "headers": {"Host": sent["Host"], **empty},
        "multiValueHeaders": {
            name: [value] for name, value in {"Host": sent["Host"], **empty}.items()
        },
        "requestContext": context(
            "DISCONNECT", "$disconnect", domain=sent["Host"], **ending
        ),
        "isBase64Encoded": False,
    }
    for found in (opening, message, end):
        assert lambda_event.is_websocket_event(found)


def test_a_client_without_anything(function: RecordingBackend, start: Start) -> None:
    with start(invoking()).connect(user_agent_header=None):
        [opening] = events(function, 1)
    assert "queryStringParameters" not in opening
    assert "User-Agent" not in opening["headers"]
    assert opening["requestContext"]["identity"] == {"sourceIp": "127.0.0.1"}


def test_the_switches_hold(function: RecordingBackend, start: Start) -> None:
    behaviour = Behaviour(disconnect_code="null", cookies=False, empty_reply="frame")
    gateway = start(invoking(), behaviour=behaviour)
    with gateway.connect(additional_headers={"Cookie": "a=1"}) as client:
        client.send("{}")
        assert client.recv(timeout=30) == ""
    opening, _, end = events(function, 3)
    assert "Cookie" not in opening["headers"]
    assert "disconnectStatusCode" not in end["requestContext"]
    assert "disconnectReason" not in end["requestContext"]


REPLIES: dict[str, tuple[Response, str]] = {
    "a text": (answer(200, "tea"), "tea"),
    "Base64": (answer(200, "dGVh", isBase64Encoded=True), "tea"),
    "another status": (answer(500, "tea"), "tea"),
    "a status as text": (answer("200", "tea"), "tea"),
}
FAILURES: dict[str, tuple[Response, str]] = {
    "an exception": (
        Response(
            headers={"X-Amz-Function-Error": "Unhandled"},
            body=b'{"errorType": "KeyError", "errorMessage": "x"}',
        ),
        "the function has failed: KeyError: x",
    ),
    "null": (Response(body=b"null"), "no response: without a statusCode"),
    "no status": (Response(body=b'{"body": "x"}'), "without a statusCode"),
    "an odd status": (answer("ok"), "without a statusCode"),
    "a body that is no text": (answer(200, {"a": 1}), "its body is no text"),
    "no Base64": (answer(200, "t", isBase64Encoded=True), "its body is no Base64"),
    "odd headers": (answer(200, "", headers=[1]), "its headers are no object"),
    "no JSON": (Response(body=b"<html>"), "without a statusCode"),
    "no such function": (Response(status=404, body=b"{}"), "cannot be invoked"),
}


@pytest.fixture
def gateway(function: RecordingBackend, start: Start) -> RunningGateway:
    return start(invoking())


@pytest.mark.parametrize(("given", "frame"), REPLIES.values(), ids=list(REPLIES))
def test_replies(
    function: RecordingBackend, gateway: RunningGateway, given: Response, frame: str
) -> None:
    with gateway.connect() as client:
        function.respond = lambda _: given
        client.send("{}")
        assert client.recv(timeout=30) == frame


@pytest.mark.parametrize(("given", "cause"), FAILURES.values(), ids=list(FAILURES))
def test_failures(
    function: RecordingBackend, gateway: RunningGateway, given: Response, cause: str
) -> None:
    with gateway.connect() as client:
        function.respond = lambda _: given
        client.send("{}")
        found = json.loads(client.recv(timeout=30))
        assert found["message"] == "Internal server error"
        wait_until(lambda: cause in gateway.entries[-1].outcome)
        with pytest.raises(InvalidStatus, match="502"):
            gateway.connect().__enter__()


def test_a_refused_handshake_and_a_subprotocol(
    function: RecordingBackend, gateway: RunningGateway
) -> None:
    function.respond = lambda _: answer(401, "no")
    with pytest.raises(InvalidStatus) as raised:
        gateway.open()
    assert raised.value.response.status_code == 401
    function.respond = lambda _: answer(headers={"Sec-WebSocket-Protocol": "b"})
    with gateway.connect(subprotocols=["a", "b"]) as client:
        assert client.subprotocol == "b"
    several = {"Sec-WebSocket-Protocol": ["a"]}
    function.respond = lambda _: answer(multiValueHeaders=several)
    with gateway.connect(subprotocols=["a", "b"]) as client:
        assert client.subprotocol == "a"
