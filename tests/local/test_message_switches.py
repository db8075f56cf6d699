"""The switches that change how a message is handled."""

import socket
import threading
from itertools import product
from time import sleep
from typing import Any

import pytest

from tests.local.conftest import Start
from tests.local.recording_backend import RecordingBackend, Request, Response
from tests.local.running_gateway import snapshot
from wsrouter.local.rules.behaviour import Behaviour


def test_null_key(backend: RecordingBackend, start: Start) -> None:
    gateway = start(snapshot("null", "$default"), behaviour=Behaviour(null_key="null"))
    with gateway.connect() as client:
        client.send('{"action": null}')
        client.send("{}")
        requests = backend.wait_for("MESSAGE", 2)
    keys = {request.header("X-Wsrouter-Route-Key") for request in requests}
    assert keys == {"null", "$default"}


def test_typed_key(backend: RecordingBackend, start: Start) -> None:
    served = snapshot("1", "true", "[a, 2]", "text", "$default")
    gateway = start(served, behaviour=Behaviour(typed_key="default"))
    with gateway.connect() as client:
        for rule, value in product(
            ("default", "stringified"), ('"text"', "1", "true", '["a", 2]')
        ):
            gateway.gateway.api.behaviour = Behaviour(typed_key=rule)
            before = len(backend.of("MESSAGE"))
            client.send(f'{{"action": {value}}}')
            backend.wait_for("MESSAGE", before + 1)
    keys = [request.header("X-Wsrouter-Route-Key") for request in backend.of("MESSAGE")]
    assert keys[:4] == ["text", "$default", "$default", "$default"]
    assert keys[4:] == ["text", "1", "true", "[a, 2]"]


@pytest.mark.parametrize("rule", ["empty", "null"])
def test_a_deep_body_goes_to_default(
    backend: RecordingBackend, start: Start, rule: Any
) -> None:
    gateway = start(snapshot("$default"), behaviour=Behaviour(null_key=rule))
    with gateway.connect() as client:
        client.send('{"action":' * 1000 + "1" + "}" * 1000)
        [request] = backend.wait_for("MESSAGE")
    assert request.header("X-Wsrouter-Route-Key") == "$default"


def test_message_order_serial(backend: RecordingBackend, start: Start) -> None:
    inside, maximum = 0, 0
    lock = threading.Lock()

    def answer(request: Request) -> Response:
        nonlocal inside, maximum
        with lock:
            inside += 1
            maximum = max(maximum, inside)
        threading.Event().wait(0.01)
        with lock:
            inside -= 1
        return Response(body=request.body)

    backend.respond = answer
    sent = [str(n) for n in range(10)]
    with start(behaviour=Behaviour(message_order="serial")).connect() as client:
        for text in sent:
            client.send(text)
        assert [client.recv(timeout=30) for _ in sent] == sent
    assert maximum == 1


def test_message_order_shuffled(backend: RecordingBackend, start: Start) -> None:
    sent = [f"{n}".encode() for n in range(40)]
    with start(behaviour=Behaviour(message_order="shuffled")).connect() as client:
        for text in sent:
            client.send(text.decode())
            sleep(0.005)  # long enough for the message before to arrive
        arrived = [request.body for request in backend.wait_for("MESSAGE", 40)]
    assert arrived != sent
    assert sorted(arrived) == sorted(sent)


@pytest.mark.parametrize(("rule", "calls"), [("never", 1), ("once", 2)])
def test_retry(start: Start, rule: Any, calls: int) -> None:
    seen: list[bytes] = []
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(30)

        def hang_up() -> None:
            for _ in range(calls):
                peer, _ = listener.accept()
                seen.append(peer.recv(65536))
                peer.close()

        thread = threading.Thread(target=hang_up)
        thread.start()
        url = f"http://127.0.0.1:{listener.getsockname()[1]}/"
        gateway = start(snapshot("$default"), uri=url, behaviour=Behaviour(retry=rule))
        with gateway.connect() as client:
            client.send("{}")
            assert "Internal server error" in str(client.recv(timeout=30))
        thread.join(30)
    assert len(seen) == calls
    assert len(set(seen)) == 1


@pytest.mark.parametrize(("rule", "key"), [("current", "new"), ("former", "$default")])
def test_redeploy(backend: RecordingBackend, start: Start, rule: Any, key: str) -> None:
    gateway = start(snapshot("$default"), behaviour=Behaviour(redeploy=rule))
    with gateway.connect() as old:
        gateway.gateway.api.snapshot = snapshot("new", "$default", uri=backend.url)
        old.send('{"action": "new"}')
        assert backend.wait_for("MESSAGE")[0].header("X-Wsrouter-Route-Key") == key
    with gateway.connect() as fresh:
        fresh.send('{"action": "new"}')
        request = backend.wait_for("MESSAGE", 2)[1]
    assert request.header("X-Wsrouter-Route-Key") == "new"


def test_timeout_frame(backend: RecordingBackend, start: Start) -> None:
    release = threading.Event()

    def late(request: Request) -> Response:
        release.wait(30)
        return Response()

    backend.respond = late
    gateway = start(
        snapshot("$default", timeout_millis=50),
        behaviour=Behaviour(timeout_frame="timed-out"),
    )
    with gateway.connect() as client:
        client.send("{}")
        assert '{"message": "Endpoint request timed out",' in str(
            client.recv(timeout=30)
        )
    release.set()


def test_large_reply(backend: RecordingBackend, start: Start) -> None:
    backend.respond = lambda request: Response(
        body=b"small" if request.body == b"2" else b"x" * 128 * 1024 + request.body
    )
    gateway = start(snapshot("$default"), behaviour=Behaviour(large_reply="nothing"))
    with gateway.connect() as client:
        client.send("1")
        backend.wait_for("MESSAGE")
        client.send("2")
        assert client.recv(timeout=30) == "small"
