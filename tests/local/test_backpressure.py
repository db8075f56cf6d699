"""Clients that send faster than they can be answered."""

import threading

from tests.local.conftest import Start
from tests.local.recording_backend import (
    RecordingBackend,
    Request,
    Response,
    wait_until,
)
from wsrouter.local.rules.behaviour import Limits

AT_ONCE = 3


def test_a_client_that_floods_is_read_no_faster_than_it_is_answered(
    backend: RecordingBackend, start: Start
) -> None:
    release = threading.Event()

    def answer(request: Request) -> Response:
        if request.body.startswith(b"flood"):
            release.wait(30)
        return Response(body=request.body)

    backend.respond = answer
    gateway = start(limits=Limits(messages_at_once=AT_ONCE))
    with gateway.connect() as flooding, gateway.connect() as other:
        for number in range(20):
            flooding.send(f"flood {number}")
        backend.wait_for("MESSAGE", AT_ONCE)
        for _ in range(5):
            other.send("mine")
            assert other.recv(timeout=30) == "mine"
        assert len(backend.of("MESSAGE")) == AT_ONCE + 5
        release.set()
        replies = {flooding.recv(timeout=30) for _ in range(20)}
    assert replies == {f"flood {number}" for number in range(20)}


def test_a_client_that_floods_and_leaves_is_disconnected(
    backend: RecordingBackend, start: Start
) -> None:
    release = threading.Event()
    backend.respond = lambda request: Response(body=b"x" if release.wait(30) else b"")
    release.set()
    gateway = start(limits=Limits(messages_at_once=1))
    client = gateway.open()
    release.clear()
    for _ in range(10):
        client.send("flood")
    backend.wait_for("MESSAGE")
    client.socket.close()
    release.set()
    backend.wait_for("DISCONNECT")
    wait_until(lambda: not gateway.gateway.open_sockets)
