"""Messages: route selection, the integration's response, error frames."""

import json
import re
import socket
import threading
from dataclasses import replace

import pytest
from websockets.sync.client import ClientConnection

from tests.local.conftest import Start
from tests.local.recording_backend import (
    RecordingBackend,
    Request,
    Response,
    wait_until,
)
from tests.local.running_gateway import RunningGateway, snapshot
from wsrouter.local.rules.behaviour import Behaviour, Limits

ID = r"[A-Za-z0-9_-]{15}="


def nothing_within(client: ClientConnection, seconds: float = 0.3) -> bool:
    with pytest.raises(TimeoutError):
        client.recv(timeout=seconds)
    return True


def error_frame(message: str) -> str:
    return rf'\{{"message": "{message}", "connectionId":"{ID}", "requestId":"{ID}"\}}'


def test_the_body_of_a_two_way_route_is_the_reply(
    backend: RecordingBackend, gateway: RunningGateway
) -> None:
    backend.respond = lambda request: Response(body=b"to " + request.body)
    with gateway.connect() as client:
        client.send('{"action": "caf\u00e9"}')
        assert client.recv(timeout=30) == 'to {"action": "caf\u00e9"}'


def test_a_one_way_route_sends_nothing(backend: RecordingBackend, start: Start) -> None:
    backend.respond = lambda request: Response(body=b"unheard")
    gateway = start(snapshot("$default", two_way=False))
    with gateway.connect() as client:
        client.send("{}")
        backend.wait_for("MESSAGE")
        assert nothing_within(client)


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ('{"action": "orders.watch"}', "orders.watch"),
        ('{"action": "Orders.watch"}', "$default"),
        ('{"action": 1}', "1"),
        ('{"action": null}', "$default"),
        ('{"action": "$disconnect"}', "$disconnect"),
        ("{}", "$default"),
        ("[]", "$default"),
        ("plain text", "$default"),
        ("[" * 5000, "$default"),
        ("", "$default"),
    ],
)
def test_the_body_selects_the_route(
    backend: RecordingBackend, start: Start, text: str, key: str
) -> None:
    with start(snapshot("orders.watch", "1", "$disconnect", "$default")).connect() as c:
        c.send(text)
        [request] = backend.wait_for("MESSAGE")
    assert request.header("X-Wsrouter-Route-Key") == key
    assert request.body == text.encode()


def test_a_path_into_a_list_selects_the_route(
    backend: RecordingBackend, start: Start
) -> None:
    served = snapshot("join", "$default")
    api = replace(
        served.api, route_selection_expression="$request.body.items[0].action"
    )
    with start(replace(served, api=api)).connect() as client:
        client.send('{"items": [{"action": "join"}]}')
        [request] = backend.wait_for("MESSAGE")
    assert request.header("X-Wsrouter-Route-Key") == "join"


def test_a_path_that_is_not_supported_is_named(start: Start) -> None:
    served = snapshot("$default")
    api = replace(served.api, route_selection_expression="$request.body.items[*].a")
    gateway = start(replace(served, api=api))
    with gateway.connect() as client:
        client.send("{}")
        frame = str(client.recv(timeout=30))
        assert re.fullmatch(error_frame("Internal server error"), frame)
    wait_until(lambda: any("items[*].a" in entry.outcome for entry in gateway.entries))


def test_without_a_matching_route_the_client_reads_forbidden(
    backend: RecordingBackend, start: Start
) -> None:
    with start(snapshot("$connect", "orders.watch")).connect() as client:
        client.send('{"action": "other"}')
        assert re.fullmatch(error_frame("Forbidden"), str(client.recv(timeout=30)))
    assert not backend.of("MESSAGE")


def test_sockets_survive_a_dead_backend(start: Start) -> None:
    other = RecordingBackend()
    with other.running():
        other.respond = lambda request: Response(body=b"alive")
        client = start(uri=other.url).open()
    with client:
        client.send("{}")
        frame = str(client.recv(timeout=30))
        assert re.fullmatch(error_frame("Internal server error"), frame)
        with other.running(other.port):
            client.send("{}")
            assert client.recv(timeout=30) == "alive"


def test_a_crash_of_the_backend_leaks_nothing(start: Start) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]

        def crash() -> None:
            peer, _ = listener.accept()
            with peer:
                peer.recv(65536)
                peer.sendall(b"Traceback (most recent call last): secret\r\n")

        threading.Thread(target=crash).start()
        gateway = start(snapshot("$default"), uri=f"http://127.0.0.1:{port}/")
        with gateway.connect() as client:
            client.send("{}")
            frame = str(client.recv(timeout=30))
    assert re.fullmatch(error_frame("Internal server error"), frame)


def test_a_late_answer_is_an_internal_server_error(
    backend: RecordingBackend, start: Start
) -> None:
    release = threading.Event()

    def late(request: Request) -> Response:
        release.wait(30)
        return Response(body=b"too late")

    backend.respond = late
    with start(snapshot("$default", timeout_millis=100)).connect() as client:
        client.send("{}")
        frame = str(client.recv(timeout=30))
        release.set()
        assert nothing_within(client)
    assert re.fullmatch(error_frame("Internal server error"), frame)


def test_a_one_way_route_still_reports_a_dead_backend(start: Start) -> None:
    gateway = start(snapshot("$default", two_way=False), uri="http://127.0.0.1:9/")
    with gateway.connect() as client:
        client.send("{}")
        frame = str(client.recv(timeout=30))
    assert re.fullmatch(error_frame("Internal server error"), frame)
    outcomes = [entry.outcome for entry in gateway.entries]
    assert "Internal server error: nothing listens at 127.0.0.1:9" in outcomes


def test_messages_of_one_connection_run_side_by_side(
    backend: RecordingBackend, gateway: RunningGateway
) -> None:
    second = threading.Event()

    def answer(request: Request) -> Response:
        if request.body == b"1":
            second.wait(30)
        return Response(body=request.body)

    backend.respond = answer
    with gateway.connect() as client:
        client.send("1")
        client.send("2")
        assert client.recv(timeout=30) == "2"
        second.set()
        assert client.recv(timeout=30) == "1"


def test_an_empty_answer_sends_nothing(gateway: RunningGateway) -> None:
    with gateway.connect() as client:
        client.send("{}")
        assert nothing_within(client)


def test_an_empty_answer_may_send_an_empty_frame(start: Start) -> None:
    gateway = start(behaviour=Behaviour(empty_reply="frame"))
    with gateway.connect() as client:
        client.send("{}")
        assert client.recv(timeout=30) == ""


def test_a_redirect_is_not_followed(
    backend: RecordingBackend, gateway: RunningGateway
) -> None:
    def answer(request: Request) -> Response:
        moved = request.event == "MESSAGE" and request.target == "/ws/"
        headers = {"Location": "/elsewhere/"} if moved else {}
        return Response(status=302 if moved else 200, headers=headers)

    backend.respond = answer
    with gateway.connect() as client:
        client.send("{}")
        backend.wait_for("MESSAGE")
        assert nothing_within(client)
    assert {request.target for request in backend.requests} == {"/ws/"}


def test_a_reply_above_128_kb_is_not_delivered(
    backend: RecordingBackend, gateway: RunningGateway
) -> None:
    backend.respond = lambda request: Response(body=b"x" * int(request.body or b"0"))
    with gateway.connect() as client:
        client.send(str(128 * 1024))
        assert len(client.recv(timeout=30)) == 128 * 1024
        client.send(str(128 * 1024 + 1))
        assert json.loads(client.recv(timeout=30))["message"] == "Internal server error"


def test_every_message_has_its_own_ids(
    backend: RecordingBackend, gateway: RunningGateway
) -> None:
    with gateway.connect() as client:
        client.send("1")
        client.send("2")
        requests = backend.wait_for("MESSAGE", 2)
    for name in ("Message-Id", "Request-Id"):
        values = {str(request.header(f"X-Wsrouter-{name}")) for request in requests}
        assert len(values) == 2
        assert all(re.fullmatch(ID, value) for value in values)


def test_reserved_keys_may_not_be_selectable(
    backend: RecordingBackend, start: Start
) -> None:
    gateway = start(behaviour=Behaviour(reserved_key="default"))
    with gateway.connect() as client:
        client.send('{"action": "$disconnect"}')
        [request] = backend.wait_for("MESSAGE")
    assert request.header("X-Wsrouter-Route-Key") == "$default"


def test_a_two_way_route_may_need_its_response_object(
    backend: RecordingBackend, start: Start
) -> None:
    backend.respond = lambda request: Response(body=b"unheard")
    gateway = start(behaviour=Behaviour(route_response="object"))
    with gateway.connect() as client:
        client.send("{}")
        backend.wait_for("MESSAGE")
        assert nothing_within(client)


def test_replies_to_a_client_that_does_not_read_are_lost_and_noted(
    backend: RecordingBackend, start: Start
) -> None:
    backend.respond = lambda request: Response(body=b"x" * 128 * 1024)
    gateway = start(limits=Limits(send_buffer_bytes=200_000))
    client = gateway.open(max_queue=1)
    for _ in range(200):
        client.send("{}")
    backend.wait_for("MESSAGE", 200, seconds=60)
    wait_until(lambda: any("lost" in entry.outcome for entry in gateway.entries))
    with gateway.connect() as other:
        other.send("{}")
        assert len(other.recv(timeout=30)) == 128 * 1024
    client.socket.shutdown(socket.SHUT_RDWR)
    backend.wait_for("DISCONNECT", 2)


def test_a_replaced_snapshot_serves_open_sockets(
    backend: RecordingBackend, start: Start
) -> None:
    gateway = start(snapshot("$default"))
    with gateway.connect() as client:
        replaced = snapshot("new", "$default", uri=backend.url)
        gateway.gateway.api.snapshot = replaced
        client.send('{"action": "new"}')
        [request] = backend.wait_for("MESSAGE")
    assert request.header("X-Wsrouter-Route-Key") == "new"
