"""How switches are parsed, and the switches of connections and of mapped headers."""

import re
from typing import Any

import pytest
from websockets.exceptions import InvalidStatus

from tests.local.conftest import Start
from tests.local.recording_backend import RecordingBackend, Response, wait_until
from tests.local.running_gateway import SECRET, snapshot
from wsrouter.local.rules.behaviour import Behaviour, Limits
from wsrouter.local.rules.switches import SWITCHES, UnknownSwitch, behaviour

SECRET_HEADER = "X-Wsrouter-Secret"


def test_other_switches_have_their_default() -> None:
    assert behaviour([]) == Behaviour()
    assert behaviour(["empty-reply=frame"]) == Behaviour(empty_reply="frame")
    assert behaviour([], cookies=False) == Behaviour(cookies=False)


def test_strict_sets_every_switch_that_is_not_given() -> None:
    strict = behaviour(["lost-disconnect=0.5"], strict=True)
    assert strict.lost_disconnect == 0.5
    assert strict.non_2xx == "nothing"
    assert strict.handshake_bytes == 8192
    for switch in SWITCHES.values():
        assert not switch.choices or switch.strict in switch.choices


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "emptyreply=frame",
            "no switch 'emptyreply'. There are: below-stage, .*empty-reply",
        ),
        ("empty-reply=none", "empty-reply takes nothing or frame, not 'none'"),
        ("empty-reply", "takes nothing or frame, not ''"),
        ("cookies=no", "no switch 'cookies'"),
        ("lost-disconnect=2", "lost-disconnect takes 0 to 1, not '2'"),
        ("lost-disconnect=nan", "takes 0 to 1"),
        ("lost-posts=1.01", "lost-posts takes 0 to 1, not '1.01'"),
        ("lost-posts=all", "lost-posts takes 0 to 1, not 'all'"),
        ("post-order=random", "post-order takes kept or shuffled, not 'random'"),
        ("handshake-bytes=1.5", "takes a whole number"),
        ("handshake-bytes=-1", "takes a whole number"),
    ],
)
def test_an_unknown_name_or_value_is_an_error(text: str, message: str) -> None:
    with pytest.raises(UnknownSwitch, match=message):
        behaviour([text])


@pytest.mark.parametrize(
    ("rule", "secret", "tenant"),
    [
        ("overridden", SECRET, "ours"),
        ("wins", "guess", "theirs"),
        ("joined", f"guess, {SECRET}", "theirs, ours"),
    ],
)
def test_client_header(
    backend: RecordingBackend, start: Start, rule: Any, secret: str, tenant: str
) -> None:
    parameters = {
        "integration.request.header.X-Wsrouter-Event-Type": "context.eventType",
        f"integration.request.header.{SECRET_HEADER}": f"'{SECRET}'",
        "integration.request.header.Tenant": "'ours'",
    }
    gateway = start(
        snapshot(parameters=parameters), behaviour=Behaviour(client_header=rule)
    )
    theirs = {SECRET_HEADER.lower(): "guess", "tenant": "theirs"}
    with gateway.connect(additional_headers=theirs) as client:
        client.send("{}")
        [message] = backend.wait_for("MESSAGE")
    [opening] = backend.of("CONNECT")
    assert opening.header(SECRET_HEADER) == secret
    assert opening.header("Tenant") == tenant
    assert message.header(SECRET_HEADER) == SECRET
    assert message.header("Tenant") == "ours"


def test_disconnect_code(backend: RecordingBackend, start: Start) -> None:
    start(behaviour=Behaviour(disconnect_code="null")).open().close(1000, "bye")
    [end] = backend.wait_for("DISCONNECT")
    assert end.header("X-Wsrouter-Disconnect-Code") is None
    assert end.header("X-Wsrouter-Disconnect-Reason") is None


def test_later_trace_id(backend: RecordingBackend, start: Start) -> None:
    with start(behaviour=Behaviour(later_trace_id="sent")).connect() as client:
        client.send("{}")
        [message] = backend.wait_for("MESSAGE")
    assert re.match("Root=1-", str(message.header("X-Amzn-Trace-Id")))


@pytest.mark.parametrize(("rule", "status"), [("same", 401), ("502", 502)])
def test_refusal_status(
    backend: RecordingBackend, start: Start, rule: Any, status: int
) -> None:
    backend.respond = lambda request: Response(status=401)
    with pytest.raises(InvalidStatus) as raised:
        start(behaviour=Behaviour(refusal_status=rule)).open()
    assert raised.value.response.status_code == status


def test_unreachable_status(start: Start) -> None:
    gateway = start(
        uri="http://127.0.0.1:9/", behaviour=Behaviour(unreachable_status="503")
    )
    with pytest.raises(InvalidStatus, match="503"):
        gateway.open()


def test_handshake_bytes(backend: RecordingBackend, start: Start) -> None:
    gateway = start()
    headers = {f"Cookie-{n}": "x" * 5200 for n in range(2)}
    with pytest.raises(InvalidStatus, match="431"):
        gateway.connect(additional_headers=headers)
    assert not backend.requests
    gateway.gateway.api.behaviour = Behaviour(handshake_bytes=12_000)
    with gateway.connect(additional_headers=headers):
        backend.wait_for("CONNECT")


def test_subprotocol(backend: RecordingBackend, start: Start) -> None:
    backend.respond = lambda request: Response(
        headers={"Sec-WebSocket-Protocol": "one"}
    )
    gateway = start(behaviour=Behaviour(subprotocol="dropped"))
    with gateway.connect(subprotocols=["one"]) as client:
        assert client.subprotocol is None


def test_ping(start: Start) -> None:
    gateway = start(behaviour=Behaviour(ping="ignored"))
    with gateway.connect(ping_interval=None) as client:
        assert not client.ping().wait(0.2)
        gateway.gateway.api.behaviour = Behaviour()
        assert client.ping().wait(30)


def test_ping_resets_idle(backend: RecordingBackend, start: Start) -> None:
    gateway = start(behaviour=Behaviour(ping_resets_idle="yes"))
    with gateway.connect(ping_interval=None) as client:
        [connect] = backend.wait_for("CONNECT")
        connection_id = str(connect.header("X-Wsrouter-Connection-Id"))
        socket = gateway.socket(connection_id)
        for _ in range(3):
            gateway.pass_time(socket, Limits().idle_seconds - 60)
            assert client.ping().wait(30)
        with pytest.raises(TimeoutError):
            client.recv(timeout=0.2)


def test_lost_disconnect(backend: RecordingBackend, start: Start) -> None:
    gateway = start(behaviour=Behaviour(lost_disconnect=1.0))
    gateway.open().close()
    gateway.gateway.api.behaviour = Behaviour()
    gateway.open().close()
    backend.wait_for("DISCONNECT")

    def ends() -> list[bool]:
        return [e.failed for e in gateway.entries if e.route_key == "$disconnect"]

    wait_until(lambda: ends() == [True, False])
    assert len(backend.of("CONNECT")) == 2
    assert len(backend.of("DISCONNECT")) == 1
