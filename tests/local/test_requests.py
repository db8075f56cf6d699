"""The complete requests that the backend receives."""

import re

import pytest

from tests.local.conftest import Start
from tests.local.recording_backend import RecordingBackend, Request, Response
from tests.local.running_gateway import SECRET, RunningGateway, snapshot
from wsrouter.local.rules.behaviour import Behaviour

ID = r"[A-Za-z0-9_-]{15}="
ANYTHING = {
    "X-Wsrouter-Connected-At": r"\d{13}",
    "X-Wsrouter-Connection-Id": ID,
    "X-Wsrouter-Message-Id": ID,
    "X-Wsrouter-Request-Id": ID,
    "X-Amzn-Trace-Id": r"Root=1-[0-9a-f]{8}-[0-9a-f]{24}",
    "sec-websocket-key": r"[A-Za-z0-9+/]{22}==",
}
MAPPED = {
    "X-Wsrouter-Secret": SECRET,
    "X-Wsrouter-Gateway": "default",
    "X-Wsrouter-Connection-Id": "*",
    "X-Wsrouter-Connected-At": "*",
    "X-Wsrouter-Request-Id": "*",
    "X-Wsrouter-Api-Id": "local00000",
    "X-Wsrouter-Stage": "production",
    "X-Wsrouter-Source-Ip": "127.0.0.1",
    "X-Wsrouter-Principal-Id": "-",
}


def plain(request: Request) -> dict[str, str]:
    """The headers, with `*` for a value that varies but has the right format."""
    assert len({name.lower() for name, _ in request.headers}) == len(request.headers)
    return {
        name: "*" if name in ANYTHING and re.fullmatch(ANYTHING[name], value) else value
        for name, value in request.headers
    }


def test_the_requests_of_a_connection(
    backend: RecordingBackend, gateway: RunningGateway
) -> None:
    host = {"Host": f"127.0.0.1:{backend.port}"}
    domain = {"X-Wsrouter-Domain-Name": f"127.0.0.1:{gateway.port}"}
    with gateway.connect(
        query="?ticket=a%20b&x=1",
        user_agent_header=None,
        origin="http://example.com",
        subprotocols=["one", "two"],
        additional_headers={"Cookie": "sessionid=1; theme=dark", "Ding": "dong"},
    ) as client:
        client.send('{"action": "none"}')
        [message] = backend.wait_for("MESSAGE")
    [end] = backend.wait_for("DISCONNECT")
    [start] = backend.of("CONNECT")

    assert (start.method, start.target, start.body) == (
        "POST",
        "/ws/?ticket=a%20b&x=1",
        b"",
    )
    assert plain(start) == MAPPED | host | domain | {
        "X-Wsrouter-Event-Type": "CONNECT",
        "X-Wsrouter-Route-Key": "$connect",
        "X-Amzn-Apigateway-Api-Id": "local00000",
        "X-Amzn-Trace-Id": "*",
        "X-Forwarded-For": "127.0.0.1",
        "X-Forwarded-Port": "443",
        "X-Forwarded-Proto": "https",
        "User-Agent": "AmazonAPIGateway_local00000",
        "Content-Length": "0",
        "sec-websocket-key": "*",
        "sec-websocket-version": "13",
        "sec-websocket-protocol": "one, two",
        "origin": "http://example.com",
        "cookie": "sessionid=1; theme=dark",
        "ding": "dong",
    }
    assert (message.method, message.target) == ("POST", "/ws/")
    assert plain(message) == MAPPED | host | domain | {
        "X-Wsrouter-Event-Type": "MESSAGE",
        "X-Wsrouter-Route-Key": "$default",
        "X-Wsrouter-Message-Id": "*",
        "X-Amzn-Apigateway-Api-Id": "local00000",
        "User-Agent": "AmazonAPIGateway_local00000",
        "Content-Type": "application/json; charset=UTF-8",
        "Content-Length": "18",
    }
    assert (end.method, end.target, end.body) == ("POST", "/ws/", b"")
    assert plain(end) == MAPPED | host | domain | {
        "X-Wsrouter-Event-Type": "DISCONNECT",
        "X-Wsrouter-Route-Key": "$disconnect",
        "X-Wsrouter-Disconnect-Code": "1000",
        "X-Wsrouter-Disconnect-Reason": "",
        "X-Amzn-Apigateway-Api-Id": "local00000",
        "User-Agent": "AmazonAPIGateway_local00000",
        "x-api-key": "",
        "X-Forwarded-For": "",
        "x-restapi": "",
        "Content-Length": "0",
    }
    assert len({str(plain(request)) for request in backend.requests}) == 3
    ids = {request.header("X-Wsrouter-Connection-Id") for request in backend.requests}
    assert len(ids) == 1


def test_mapped_headers_replace_those_of_the_client(
    backend: RecordingBackend, gateway: RunningGateway
) -> None:
    with gateway.connect(
        additional_headers={
            "x-wsrouter-secret": "guess",
            "X-Wsrouter-Connection-Id": "AAAAAAAAAAAAAAA=",
            "X-Wsrouter-Message-Id": "mapped from a null, so it passes",
            "X-Amzn-Apigateway-Api-Id": "theirs",
        }
    ):
        [request] = backend.wait_for("CONNECT")
    assert request.header("X-Wsrouter-Secret") == SECRET
    assert request.header("X-Wsrouter-Connection-Id") != "AAAAAAAAAAAAAAA="
    assert request.header("X-Wsrouter-Message-Id") == "mapped from a null, so it passes"
    assert request.header("X-Amzn-Apigateway-Api-Id") == "local00000"


def test_a_mapped_header_replaces_all_of_its_name(
    backend: RecordingBackend, start: Start
) -> None:
    mapped = {
        "integration.request.header.x-tenant": "'ours'",
        "integration.request.header.X-Wsrouter-Event-Type": "context.eventType",
    }
    twice = [("X-Tenant", "one"), ("X-Tenant", "two")]
    with start(snapshot(parameters=mapped)).connect(additional_headers=twice):
        [request] = backend.wait_for("CONNECT")
    assert request.header("x-tenant") == "ours"


def test_null_context_may_be_mapped_to_empty_headers(
    backend: RecordingBackend, start: Start
) -> None:
    gateway = start(behaviour=Behaviour(null_header="empty"))
    with gateway.connect(additional_headers={"X-Wsrouter-Message-Id": "forged"}):
        [request] = backend.wait_for("CONNECT")
    assert request.header("X-Wsrouter-Message-Id") == ""


def test_the_client_s_own_address_list_is_continued(
    backend: RecordingBackend, gateway: RunningGateway
) -> None:
    with gateway.connect(additional_headers={"X-Forwarded-For": "10.0.0.1"}):
        [request] = backend.wait_for("CONNECT")
    assert request.header("X-Forwarded-For") == "10.0.0.1, 127.0.0.1"
    assert request.header("X-Wsrouter-Source-Ip") == "127.0.0.1"


@pytest.mark.parametrize(
    ("mode", "later"),
    [("client", "Shop/1"), ("gateway", "AmazonAPIGateway_local00000")],
)
def test_the_user_agent(
    backend: RecordingBackend, start: Start, mode: str, later: str
) -> None:
    gateway = start(behaviour=Behaviour(later_user_agent=mode))
    with gateway.connect(user_agent_header="Shop/1") as client:
        client.send("{}")
        [message] = backend.wait_for("MESSAGE")
    [end] = backend.wait_for("DISCONNECT")
    [opening] = backend.of("CONNECT")
    assert opening.header("User-Agent") == "Shop/1"
    assert message.header("User-Agent") == end.header("User-Agent") == later
    assert message.header("X-Wsrouter-User-Agent") == "Shop/1"


def test_cookies_of_the_backend_do_not_come_back(
    backend: RecordingBackend, gateway: RunningGateway
) -> None:
    backend.respond = lambda request: Response(headers={"Set-Cookie": "csrftoken=1"})
    with gateway.connect() as client:
        client.send("{}")
        [message] = backend.wait_for("MESSAGE")
    [end] = backend.wait_for("DISCONNECT")
    assert message.header("Cookie") is None
    assert end.header("Cookie") is None


def test_cookies_can_be_dropped(backend: RecordingBackend, start: Start) -> None:
    gateway = start(behaviour=Behaviour(cookies=False))
    with gateway.connect(additional_headers={"Cookie": "sessionid=1"}):
        [request] = backend.wait_for("CONNECT")
    assert request.header("Cookie") is None


def test_the_mapping_of_the_snapshot_is_evaluated(
    backend: RecordingBackend, start: Start
) -> None:
    parameters = {
        "X-Wsrouter-Event-Type": "context.eventType",
        "Fixed": "'a value'",
        "Tenant": "route.request.header.X-Tenant",
        "Channel": "route.request.querystring.channel",
        "Item": "route.request.body.item.id",
        "At": "context.requestTime",
        "Millis": "context.requestTimeEpoch",
        "Unknown": "context.authorizer.tenant",
    }
    targets = {f"integration.request.header.{k}": v for k, v in parameters.items()}
    gateway = start(snapshot(parameters=targets))
    with gateway.connect(
        query="?channel=sports&channel=news%20today",
        additional_headers=[("x-tenant", "other"), ("x-tenant", "acme")],
    ) as client:
        client.send('{"item": {"id": "line\\nbreak"}}')
        [message] = backend.wait_for("MESSAGE")
    [opening] = backend.of("CONNECT")
    assert opening.header("Fixed") == message.header("Fixed") == "a value"
    assert opening.header("Tenant") == "acme"
    assert opening.header("Channel") == "news today"
    assert opening.header("Item") is None
    assert message.header("Tenant") is None
    assert message.header("Channel") is None
    assert message.header("Item") == "line break"
    assert opening.header("Unknown") is None
    assert re.fullmatch(
        r"\d\d/[A-Z][a-z]{2}/\d{4}:\d\d:\d\d:\d\d \+0000", str(opening.header("At"))
    )
    assert re.fullmatch(r"\d{13}", str(opening.header("Millis")))
    assert message.header("X-Wsrouter-Secret") is None
