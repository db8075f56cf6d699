"""The throttling settings of the stage."""

import re
from dataclasses import replace
from typing import Any

import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus

from tests.local.conftest import Start
from tests.local.recording_backend import RecordingBackend, Response
from tests.local.running_gateway import snapshot
from wsrouter.catalog.snapshot import RouteSettings, Snapshot
from wsrouter.local.rules.behaviour import Behaviour

FRAME = r'\{"message": "Too Many Requests", "connectionId":"[^"]+", "requestId":.*'


def limited(
    rate: float, burst: int, *keys: str, routes: dict[str, Any] | None = None
) -> Snapshot:
    made = snapshot(*keys)
    settings = RouteSettings(throttling_rate_limit=rate, throttling_burst_limit=burst)
    stage = replace(
        made.stage, default_route_settings=settings, route_settings=routes or {}
    )
    return replace(made, stage=stage)


def test_zero_refuses_every_handshake(backend: RecordingBackend, start: Start) -> None:
    with pytest.raises(InvalidStatus, match="429") as raised:
        start(limited(0, 0)).open()
    assert raised.value.response.body == b'{"message":"Too Many Requests"}'
    assert not backend.requests


def test_a_handshake_without_a_connect_route_counts_too(
    backend: RecordingBackend, start: Start
) -> None:
    gateway = start(limited(0.001, 1, "$default"))
    gateway.open()
    with pytest.raises(InvalidStatus, match="429"):
        gateway.open()


@pytest.mark.parametrize(
    ("rule", "framed", "closed"),
    [("close", False, True), ("frame", True, False), ("both", True, True)],
)
def test_a_message_above_the_limit(
    backend: RecordingBackend, start: Start, rule: Any, framed: bool, closed: bool
) -> None:
    backend.respond = lambda request: Response(body=request.body)
    served = limited(0.001, 3, "$default")  # the first of them is the handshake
    gateway = start(served, behaviour=Behaviour(throttled=rule))
    frames: list[str] = []
    code: int | None = None
    with gateway.connect() as client:
        for text in ("1", "2", "3"):
            client.send(text)
        try:
            while len(frames) < 3:
                frames.append(str(client.recv(timeout=30)))
        except ConnectionClosed as error:
            code = error.rcvd.code if error.rcvd else None
        if framed and closed:
            with pytest.raises(ConnectionClosed) as raised:
                client.recv(timeout=30)
            code = raised.value.rcvd.code if raised.value.rcvd else None
    assert code == (1008 if closed else None)
    assert any(re.fullmatch(FRAME, frame) for frame in frames) == framed
    assert len(backend.wait_for("MESSAGE", 2)) == 2


def test_tokens_come_back(backend: RecordingBackend, start: Start) -> None:
    backend.respond = lambda request: Response(body=request.body)
    served = limited(0.001, 1, "$default")
    gateway = start(served, behaviour=Behaviour(throttled="frame"))
    with gateway.connect() as client:  # takes the only token
        [bucket] = gateway.gateway.api.throttle._buckets.values()

        def ask_after(seconds: float) -> str:
            bucket.filled_at -= seconds
            client.send("again")
            return str(client.recv(timeout=30))

        for _ in range(3):
            assert re.fullmatch(FRAME, ask_after(0))
            assert re.fullmatch(FRAME, ask_after(500))
            assert ask_after(500) == "again"
    assert len(backend.of("MESSAGE")) == 3


def test_a_route_may_have_a_limit_of_its_own(
    backend: RecordingBackend, start: Start
) -> None:
    backend.respond = lambda request: Response(body=b"ok")
    none = RouteSettings(throttling_rate_limit=0, throttling_burst_limit=0)
    free = limited(1000, 1000, "open", "shut", routes={"shut": none})
    with start(free, behaviour=Behaviour(throttled="frame")).connect() as client:
        client.send('{"action": "shut"}')
        assert re.fullmatch(FRAME, str(client.recv(timeout=30)))
        client.send('{"action": "open"}')
        assert client.recv(timeout=30) == "ok"


def test_without_settings_there_is_no_limit(
    backend: RecordingBackend, start: Start
) -> None:
    made = snapshot("$default")
    stage = replace(made.stage, default_route_settings=RouteSettings())
    with start(replace(made, stage=stage)).connect() as client:
        for _ in range(50):
            client.send("{}")
        backend.wait_for("MESSAGE", 50)
