"""How sockets end, and that `$disconnect` is always delivered."""

import socket
import struct
import threading
from collections.abc import Callable
from contextlib import suppress
from time import monotonic, sleep
from typing import Literal

import pytest
from botocore.exceptions import ClientError
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection

from tests.local import raw_client
from tests.local.conftest import Start
from tests.local.recording_backend import (
    RecordingBackend,
    Request,
    Response,
    wait_until,
)
from tests.local.running_gateway import RunningGateway, running, snapshot
from wsrouter.local.process import listener
from wsrouter.local.rules.behaviour import Behaviour, Limits

IDLE_SECONDS = Limits().idle_seconds


def closed(client: ClientConnection, seconds: float = 30) -> int:
    """The close code that the client receives."""
    with pytest.raises(ConnectionClosed) as raised:
        client.recv(timeout=seconds)
    return raised.value.rcvd.code if raised.value.rcvd else 1006


def closed_while(client: ClientConnection, act: Callable[[], object]) -> int:
    """The close code for a client that keeps calling `act`."""
    with suppress(ConnectionClosed):
        for _ in range(600):  # 30 s
            act()
            sleep(0.05)
    return closed(client)


def disconnect_code(backend: RecordingBackend) -> str | None:
    [end] = backend.wait_for("DISCONNECT")
    return end.header("X-Wsrouter-Disconnect-Code")


def last_id(backend: RecordingBackend) -> str:
    """The id of the last connection."""
    return str(backend.wait_for("CONNECT")[-1].header("X-Wsrouter-Connection-Id"))


def post_until_full(gateway: RunningGateway, backend: RecordingBackend) -> str:
    """Fill the buffers of the last connection; its id."""
    connection_id = last_id(backend)
    with pytest.raises(ClientError, match="LimitExceededException"):
        gateway.post_often(connection_id)
    return connection_id


@pytest.mark.parametrize("size", [32 * 1024 + 1, 64 * 1024, 1024 * 1024])
def test_a_frame_above_32_kb_closes_with_1009(
    backend: RecordingBackend, gateway: RunningGateway, size: int
) -> None:
    with gateway.connect() as client:
        client.send("x" * size)
        assert closed(client) == 1009
    assert disconnect_code(backend) == "1009"
    assert not backend.of("MESSAGE")


def test_a_client_that_still_sends_is_not_reset(gateway: RunningGateway) -> None:
    with socket.create_connection(("127.0.0.1", gateway.port), timeout=30) as client:
        client.sendall(raw_client.HANDSHAKE)
        received = client.recv(65536)
        frame = bytes([0x81, 0xFF]) + struct.pack("!Q", 2**22) + bytes(4)
        client.sendall(frame + bytes(2**22))
        while chunk := client.recv(65536):
            received += chunk
    head, _, close = received.partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 101 ")
    assert close[0] == 0x88
    assert close[2:4] == struct.pack("!H", 1009)


def test_a_frame_of_32_kb_passes(
    backend: RecordingBackend, gateway: RunningGateway
) -> None:
    with gateway.connect() as client:
        client.send("x" * 32 * 1024)
        assert len(backend.wait_for("MESSAGE")[0].body) == 32 * 1024


def test_a_fragmented_message_is_joined_up_to_128_kb(
    backend: RecordingBackend, gateway: RunningGateway
) -> None:
    with gateway.connect() as client:
        client.send(["x" * 32 * 1024] * 4)
        assert len(backend.wait_for("MESSAGE")[0].body) == 128 * 1024
        with suppress(ConnectionClosed):  # before the end of the message is sent
            client.send(["x" * 32 * 1024] * 4 + ["x"])
        assert closed(client) == 1009
    assert disconnect_code(backend) == "1009"
    assert len(backend.of("MESSAGE")) == 1


def test_a_close_between_fragments_is_echoed(
    backend: RecordingBackend, gateway: RunningGateway
) -> None:
    with raw_client.connect(gateway.port) as client:
        first_fragment = b"\x01\x83\x00\x00\x00\x00abc"
        client.sendall(first_fragment + b"\x88\x82\x00\x00\x00\x00\x03\xe8")
        received = b""
        while chunk := client.recv(100):
            received += chunk
    assert received == b"\x88\x02\x03\xe8"
    assert disconnect_code(backend) == "1000"
    assert not backend.of("MESSAGE")


@pytest.mark.parametrize("size", [33 * 1024, 128 * 1024, 128 * 1024 + 1])
@pytest.mark.parametrize("counted", ["inflated", "compressed"])
def test_which_bytes_of_a_compressed_frame_count(
    backend: RecordingBackend,
    start: Start,
    counted: Literal["inflated", "compressed"],
    size: int,
) -> None:
    gateway = start(behaviour=Behaviour(frame_size=counted))
    with gateway.connect(compression="deflate") as client:
        client.send("x" * size)
        if counted == "compressed" and size <= 128 * 1024:
            assert len(backend.wait_for("MESSAGE")[0].body) == size
        else:
            assert closed(client) == 1009


def test_inflated_fragments_count_towards_the_message(
    backend: RecordingBackend, start: Start
) -> None:
    gateway = start(behaviour=Behaviour(frame_size="compressed"))
    with gateway.connect(compression="deflate") as client:
        client.send(["x" * 64 * 1024] * 2)
        assert len(backend.wait_for("MESSAGE")[0].body) == 128 * 1024
        with suppress(ConnectionClosed):  # before the end of the message is sent
            client.send(["x" * 64 * 1024, "x" * 64 * 1024, "x"])
        assert closed(client) == 1009


def test_messages_before_a_bad_frame_are_served(
    backend: RecordingBackend, gateway: RunningGateway
) -> None:
    with gateway.connect() as client:
        client.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_CORK, 1)
        client.send("first")
        client.send("x" * 33 * 1024)
        client.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_CORK, 0)
        assert closed(client) == 1009
    assert backend.wait_for("MESSAGE")[0].body == b"first"


def test_binary_closes_with_1003(
    backend: RecordingBackend, gateway: RunningGateway
) -> None:
    with gateway.connect() as client:
        client.send(b"bytes")
        assert closed(client) == 1003
    assert disconnect_code(backend) == "1003"
    assert not backend.of("MESSAGE")


@pytest.mark.parametrize(
    ("code", "reason", "delivered"),
    [
        (1000, "", ("1000", "")),
        (1001, "leaving", ("1001", "leaving")),
        (4000, "caf\u00e9", ("4000", "caf\u00e9")),
    ],
)
def test_the_client_s_code_and_reason_are_delivered(
    backend: RecordingBackend,
    gateway: RunningGateway,
    code: int,
    reason: str,
    delivered: tuple[str, str],
) -> None:
    gateway.open().close(code, reason)
    [end] = backend.wait_for("DISCONNECT")
    given = str(end.header("X-Wsrouter-Disconnect-Reason")).encode("latin-1").decode()
    assert (end.header("X-Wsrouter-Disconnect-Code"), given) == delivered


def test_a_close_without_a_code_is_delivered_as_1005(
    backend: RecordingBackend, gateway: RunningGateway
) -> None:
    with gateway.connect() as client:
        client.socket.sendall(bytes([0x88, 0x80, 0, 0, 0, 0]))
        [end] = backend.wait_for("DISCONNECT")
    assert end.header("X-Wsrouter-Disconnect-Code") == "1005"
    assert (
        end.header("X-Wsrouter-Disconnect-Reason")
        == "Client-side close frame status not set"
    )


@pytest.mark.parametrize("reset", [True, False])
def test_a_lost_connection_is_delivered_as_1006(
    backend: RecordingBackend, gateway: RunningGateway, reset: bool
) -> None:
    with raw_client.connect(gateway.port) as client:
        if reset:
            raw_client.reset(client)
    assert disconnect_code(backend) == "1006"
    assert len(gateway.gateway.open_sockets) == 0


def test_many_lost_connections_are_all_delivered(
    backend: RecordingBackend, gateway: RunningGateway
) -> None:
    clients = [gateway.open() for _ in range(30)]
    wait_until(lambda: len(gateway.gateway.open_sockets) == 30)
    for client in clients:
        client.socket.shutdown(socket.SHUT_RDWR)
    ends = backend.wait_for("DISCONNECT", 30)
    opened = backend.of("CONNECT")
    name = "X-Wsrouter-Connection-Id"
    connected = {connect.header(name) for connect in opened}
    assert {end.header(name) for end in ends} == connected
    assert len(gateway.gateway.open_sockets) == 0


def test_an_idle_socket_is_closed(
    backend: RecordingBackend, gateway: RunningGateway
) -> None:
    with gateway.connect() as client:
        socket = gateway.socket(last_id(backend))
        for number in range(4):
            gateway.pass_time(socket, IDLE_SECONDS - 60)
            client.send("{}")
            backend.wait_for("MESSAGE", number + 1)
        gateway.pass_time(socket, IDLE_SECONDS - 60)
        assert client.ping().wait(30)
        gateway.pass_time(socket, 60)
        assert closed(client) == 1001
    assert disconnect_code(backend) == "1001"


def test_pings_do_not_keep_a_socket_open(
    backend: RecordingBackend, gateway: RunningGateway
) -> None:
    with gateway.connect() as client:
        socket = gateway.socket(last_id(backend))
        gateway.pass_time(socket, IDLE_SECONDS - 60)
        assert client.ping().wait(30)
        gateway.pass_time(socket, 60)
        assert closed(client) == 1001


def test_the_lifetime_ends_a_busy_socket(
    backend: RecordingBackend, start: Start
) -> None:
    with start(limits=Limits(lifetime_seconds=0.5)).connect() as client:
        assert closed_while(client, lambda: client.send("{}")) == 1001
    assert disconnect_code(backend) == "1001"


def test_an_idle_client_that_does_not_read_is_ended_by_force(
    backend: RecordingBackend, start: Start
) -> None:
    gateway = start(limits=Limits(close_seconds=0.3, send_buffer_bytes=200_000))
    gateway.open(max_queue=1)
    connection_id = post_until_full(gateway, backend)
    gateway.pass_time(gateway.socket(connection_id), IDLE_SECONDS)
    assert disconnect_code(backend) == "1001"


def test_a_client_that_does_not_read_its_close_is_gone_at_once(
    backend: RecordingBackend, start: Start
) -> None:
    gateway = start(limits=Limits(close_seconds=600))
    gateway.open(max_queue=1)
    connection_id = post_until_full(gateway, backend)
    socket = gateway.socket(connection_id)
    gateway.boto3().delete_connection(ConnectionId=connection_id)
    with pytest.raises(ClientError, match="GoneException"):
        gateway.boto3().get_connection(ConnectionId=connection_id)
    assert not backend.of("DISCONNECT")
    gateway.pass_time(socket, 600)
    assert disconnect_code(backend) == "1000"


def test_the_end_of_the_gateway_closes_every_socket_and_delivers_every_disconnect(
    backend: RecordingBackend,
) -> None:
    with running(snapshot(), backend.url) as gateway:
        clients = [gateway.open() for _ in range(5)]
    for client in clients:
        assert closed(client) == 1012
    ends = backend.of("DISCONNECT")
    codes = [end.header("X-Wsrouter-Disconnect-Code") for end in ends]
    assert codes == ["1012"] * 5


def test_the_end_of_the_gateway_waits_for_a_hanging_backend_only_for_its_limit(
    backend: RecordingBackend,
) -> None:
    release = threading.Event()

    def answer(request: Request) -> Response:
        if request.event != "CONNECT":
            release.wait(120)
        return Response()

    backend.respond = answer
    with running(snapshot(), backend.url, limits=Limits(shutdown_seconds=1)) as gateway:
        client = gateway.open()
        client.send("{}")
        backend.wait_for("MESSAGE")
        started = monotonic()
    assert monotonic() - started < 60
    [end] = [entry for entry in gateway.entries if entry.route_key == "$disconnect"]
    assert end.outcome == "closed 1012, not delivered: the gateway has ended"
    assert end.failed
    release.set()


def test_an_address_in_use_is_an_error() -> None:
    with socket.create_server(("127.0.0.1", 0)) as other, pytest.raises(OSError):
        listener.bind("127.0.0.1", other.getsockname()[1])


def test_garbage_after_the_handshake_ends_only_that_socket(
    backend: RecordingBackend, gateway: RunningGateway
) -> None:
    with gateway.connect() as good, gateway.connect() as bad:
        bad.socket.sendall(b"\xff" * 100)
        assert closed(bad) == 1002
        good.send("still here")
        assert backend.wait_for("MESSAGE")[0].body == b"still here"
