"""A backend that answers a message with a status other than 2xx."""

import re
from typing import Any

import pytest

from tests.local.conftest import Start
from tests.local.recording_backend import RecordingBackend, Response, wait_until
from tests.local.running_gateway import snapshot
from tests.local.test_messages import error_frame, nothing_within
from wsrouter.local.rules.behaviour import Behaviour


@pytest.mark.parametrize(
    ("mode", "expected"),
    [("body", "oops"), ("error", error_frame("Internal server error"))],
)
def test_the_status_of_an_answer_is_never_seen(
    backend: RecordingBackend, start: Start, mode: str, expected: str
) -> None:
    backend.respond = lambda request: Response(
        status=500 if request.event == "MESSAGE" else 200, body=b"oops"
    )
    with start(behaviour=Behaviour(non_2xx=mode)).connect() as client:
        client.send("{}")
        assert re.fullmatch(expected, str(client.recv(timeout=30)))


@pytest.mark.parametrize("two_way", [True, False])
@pytest.mark.parametrize("status", [404, 500])
def test_a_status_other_than_2xx_may_be_an_error_on_any_route(
    backend: RecordingBackend, start: Start, two_way: bool, status: int
) -> None:
    backend.respond = lambda request: Response(status=status, body=b"oops")
    served = snapshot("$default", two_way=two_way)
    with start(served, behaviour=Behaviour(non_2xx="error")).connect() as client:
        client.send("{}")
        frame = str(client.recv(timeout=30))
    assert re.fullmatch(error_frame("Internal server error"), frame)


@pytest.mark.parametrize("empty", ["nothing", "frame"])
@pytest.mark.parametrize("body", [b"oops", b"", b"x" * 129 * 1024])
def test_a_status_other_than_2xx_may_send_nothing(
    backend: RecordingBackend, start: Start, empty: Any, body: bytes
) -> None:
    backend.respond = lambda request: (
        Response(body=b"fine")
        if request.body == b"2"
        else Response(status=500, body=body)
    )
    behaviour = Behaviour(non_2xx="nothing", empty_reply=empty)
    gateway = start(snapshot("$default"), behaviour=behaviour)
    with gateway.connect() as client:
        client.send("1")
        wait_until(lambda: any(e.outcome == "500, no reply" for e in gateway.entries))
        client.send("2")
        assert client.recv(timeout=30) == "fine"


@pytest.mark.parametrize("rule", ["body", "nothing"])
def test_a_failed_one_way_route_is_silent_but_marked(
    backend: RecordingBackend, start: Start, rule: Any
) -> None:
    backend.respond = lambda request: Response(status=500, body=b"oops")
    served = snapshot("$default", two_way=False)
    gateway = start(served, behaviour=Behaviour(non_2xx=rule))
    with gateway.connect() as client:
        client.send("{}")
        wait_until(lambda: any(e.outcome == "500, one-way" for e in gateway.entries))
        assert nothing_within(client)
    [entry] = [e for e in gateway.entries if e.route_key == "$default"]
    assert entry.failed
