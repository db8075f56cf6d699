"""Routes of the same API that target another integration: they cannot be called."""

import re
from typing import Any

import pytest
from websockets.exceptions import InvalidStatus

from tests.local.conftest import Start
from tests.local.recording_backend import RecordingBackend, wait_until
from tests.local.running_gateway import RunningGateway, snapshot
from tests.local.test_messages import error_frame
from wsrouter.local.rules.behaviour import Behaviour

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
