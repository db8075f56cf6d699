"""Handshakes that are large, broken or incomplete: every client gets an answer."""

import socket
import threading
from time import monotonic

import pytest

from tests.local.conftest import Start
from tests.local.raw_client import connect
from tests.local.recording_backend import RecordingBackend, wait_until
from tests.local.running_gateway import RunningGateway, running, snapshot
from wsrouter.local.rules.behaviour import Behaviour, Limits

UPGRADE = (
    "Host: localhost",
    "Connection: Upgrade",
    "Upgrade: websocket",
    "Sec-WebSocket-Version: 13",
    "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==",
)
PATIENCE_SECONDS = 30
"""How long a test waits. The answer itself must need no timer of the gateway."""
POST = "POST /production/@connections/a HTTP/1.1"
UNREACHED = Limits(handshake_seconds=600)


def request(
    *headers: str, line: str = "GET /production HTTP/1.1", upgrade: bool = True
) -> bytes:
    lines = [line, *(UPGRADE if upgrade else UPGRADE[:1]), *headers, "", ""]
    return "\r\n".join(lines).encode("latin-1")


def answer(port: int, *parts: bytes) -> bytes:
    """The status line, empty when the gateway closes without one."""
    with socket.create_connection(("127.0.0.1", port), PATIENCE_SECONDS) as client:
        for part in parts:
            client.sendall(part)
        received = b""
        while b"\r\n" not in received and (chunk := client.recv(4096)):
            received += chunk
    return received.partition(b"\r\n")[0].removeprefix(b"HTTP/1.1 ")


def status(port: int, *parts: bytes) -> int:
    return int(answer(port, *parts)[:3])


@pytest.fixture
def patient(start: Start) -> RunningGateway:
    """One whose time-out cannot be what answers."""
    return start(limits=UNREACHED)


@pytest.mark.parametrize("kilobytes", [1, 2, 4, 8, 9, 9.5, 10, 11, 16, 17, 20, 64])
@pytest.mark.parametrize("in_lines", [1, 60])  # the backend takes 100 headers
def test_large_headers_get_101_or_431(
    patient: RunningGateway, kilobytes: float, in_lines: int
) -> None:
    value = "x" * int(kilobytes * 1024 / in_lines)
    headers = [f"X-{number}: {value}" for number in range(in_lines)]
    if in_lines == 1:
        headers = [f"Cookie: session={value}"]
    sent = request(*headers)
    size = sum(len(line) + 2 for line in [*UPGRADE, *headers])
    expected = 101 if size <= 10_240 else 431
    assert status(patient.port, sent) == expected
    half = len(sent) // 2
    assert status(patient.port, sent[:half], sent[half:]) == expected
    if expected == 431:
        wait_until(lambda: len(patient.entries) >= 2)
        entry = patient.entries[-1]
        assert entry.outcome == f"refused 431: headers of {size} bytes"
        assert (entry.route_key, entry.failed) == ("$connect", True)


@pytest.mark.parametrize("limit", [8192, 20_000])
def test_the_switch_moves_the_limit(
    backend: RecordingBackend, start: Start, limit: int
) -> None:
    gateway = start(behaviour=Behaviour(handshake_bytes=limit), limits=UNREACHED)
    rest = sum(len(line) + 2 for line in [*UPGRADE, "Cookie: "])
    fits = "Cookie: " + "c" * (limit - rest)
    assert status(gateway.port, request(fits)) == 101
    assert status(gateway.port, request(fits + "c")) == 431
    assert backend.of("CONNECT")[0].header("Cookie") == fits.removeprefix("Cookie: ")


def test_endless_headers_get_431(patient: RunningGateway) -> None:
    endless = request("Cookie: " + "x" * 1024 * 1024).removesuffix(b"\r\n\r\n")
    assert status(patient.port, endless) == 431
    assert patient.entries[-1].outcome.startswith("refused 431: ")


@pytest.mark.parametrize(
    ("length", "expected"), [(100, 101), (4096, 101), (4097, 414), (9000, 414)]
)
def test_long_urls(patient: RunningGateway, length: int, expected: int) -> None:
    query = "q" * (length - len("/production?"))
    line = f"GET /production?{query} HTTP/1.1"
    assert status(patient.port, request(line=line)) == expected


@pytest.mark.parametrize(
    ("sent", "expected"),
    [
        (request("Content-Length: 5") + b"hello", 400),
        (request("Content-Length: 5"), 400),
        (request("Content-Length: 0"), 101),
        (request("Transfer-Encoding: chunked") + b"0\r\n\r\n", 400),
        (request("Content-Length: 5", upgrade=False) + b"hello", 426),
        (request("Content-Length: x"), 400),
        (request("X-A: \x00"), 400),
        (request("no colon"), 400),
        (request(line="GET /production HTTP/1.0"), 426),
        (request(line="GET /production"), 400),
        (request(line="GET /caf\xe9 HTTP/1.1"), 400),
        (request(line="POST /production HTTP/1.1"), 426),
        (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 403),
        (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"\x00" * 32, 400),
        (request().replace(b"Version: 13", b"Version: 8"), 400),
        (request().replace(b"AAAA==", b"AAAA"), 400),
        (request("Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA=="), 400),
        (request("Upgrade: h2c"), 426),
    ],
)
def test_a_broken_request_gets_a_status_and_a_line(
    patient: RunningGateway, sent: bytes, expected: int
) -> None:
    assert status(patient.port, sent) == expected
    if expected == 400:
        wait_until(lambda: bool(patient.entries))
        assert patient.entries[-1].outcome.startswith("refused 400: ")


@pytest.mark.parametrize(
    ("sent", "cause"),
    [
        (request().replace(b"Connection: Upgrade\r\n", b""), "without `Connection"),
        (request().replace(b"Upgrade: websocket\r\n", b""), "without `Connection"),
        (request("Upgrade: h2c"), "without `Connection"),
        (request(line="GET /production HTTP/1.0"), "by GET over HTTP/1.0"),
        (request(line="POST /production HTTP/1.1"), "by POST over HTTP/1.1"),
        (request(upgrade=False), ""),
    ],
)
def test_a_handshake_that_lost_its_upgrade_is_shown(
    patient: RunningGateway, sent: bytes, cause: str
) -> None:
    """As a proxy does that was not told to pass it; a page alone is no failure."""
    assert status(patient.port, sent) == 426
    outcomes = [entry.outcome for entry in patient.entries if entry.failed]
    assert [text[:42] for text in outcomes] == (
        [f"refused 426: a handshake {cause}"[:42]] if cause else []
    )


@pytest.mark.parametrize(
    "headers",
    [
        ("Connection: Upgrade", "Connection: keep-alive"),
        ("Connection: keep-alive", "Connection: Upgrade"),
        ("Connection: keep-alive, upgrade", "Connection: x"),
    ],
)
def test_connection_headers_are_one_list(
    patient: RunningGateway, headers: tuple[str, str]
) -> None:
    lines = [line for line in UPGRADE if not line.startswith("Connection")]
    sent = "\r\n".join(["GET /production HTTP/1.1", *lines, *headers, "", ""])
    assert status(patient.port, sent.encode()) == 101


def test_a_header_beyond_ascii_passes_as_it_is(
    backend: RecordingBackend, patient: RunningGateway
) -> None:
    city = "Z\u00c3\u00bcrich"  # UTF-8, read as Latin-1 on both sides
    assert status(patient.port, request(f"X-City: {city}")) == 101
    assert backend.of("CONNECT")[0].header("X-City") == city


@pytest.mark.parametrize(
    ("sent", "expected"),
    [
        (b"", b""),
        (b"GET /prod", b"408 Request Timeout"),
        (request()[:-2], b"408 Request Timeout"),
        (
            request(
                "Content-Length: 9", line="POST /production/@connections/a HTTP/1.1"
            ),
            b"408 Request Timeout",
        ),
        (request("Content-Length: 9", upgrade=False), b"426 Upgrade Required"),
    ],
)
def test_half_a_request_is_ended_by_the_time_out(
    start: Start, sent: bytes, expected: bytes
) -> None:
    gateway = start(limits=Limits(handshake_seconds=0.3))
    assert answer(gateway.port, sent) == expected
    if expected.startswith(b"408"):
        wait_until(lambda: bool(gateway.entries))
        outcomes = [entry.outcome for entry in gateway.entries]
        assert "refused 408: an incomplete request after 0.3 s" in outcomes


def test_the_time_out_is_for_requests_only(
    backend: RecordingBackend, start: Start
) -> None:
    """Neither a slow `$connect` nor an idle socket is cut by it."""
    release = threading.Event()
    respond = backend.respond

    def slow(asked: object) -> object:
        release.wait(PATIENCE_SECONDS)
        return respond(asked)  # type: ignore[arg-type]

    backend.respond = slow  # type: ignore[assignment]
    gateway = start(limits=Limits(handshake_seconds=1.0))
    threading.Timer(1.3, release.set).start()
    with gateway.connect() as client:
        threading.Event().wait(1.2)
        client.send("{}")
        backend.wait_for("MESSAGE")


def test_frames_in_the_packet_of_the_handshake_are_read(
    backend: RecordingBackend, patient: RunningGateway
) -> None:
    frame = b"\x81\x82\x00\x00\x00\x00{}"
    assert status(patient.port, request() + frame) == 101
    assert backend.wait_for("MESSAGE")[0].body == b"{}"


def test_the_end_waits_for_no_broken_client(
    backend: RecordingBackend, caplog: pytest.LogCaptureFixture
) -> None:
    """Ctrl-C delivers every `$disconnect`, whatever other clients have left open."""
    limits = Limits(shutdown_seconds=60, handshake_seconds=600)
    broken = [
        b"",
        b"GET /prod",
        request()[:-2],
        request("Cookie: " + "x" * 8600).removesuffix(b"\r\n"),
        request("Cookie: " + "x" * 20_000),
        request("Content-Length: 9"),
        request("Content-Length: 9", line=POST, upgrade=False),
        b"\x16\x03\x01",
    ]
    left_open: list[socket.socket] = []
    try:
        with running(snapshot(), backend.url, limits=limits) as gateway:
            left_open += [connect(gateway.port) for _ in range(3)]
            for sent in broken:
                client = socket.create_connection(("127.0.0.1", gateway.port))
                left_open.append(client)
                client.sendall(sent)
            status(gateway.port, b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
            before = monotonic()
        assert monotonic() - before < limits.shutdown_seconds / 2
    finally:
        for client in left_open:
            client.close()
    assert len(backend.of("DISCONNECT")) == 3
    assert not [record for record in caplog.records if record.exc_info]


def test_a_connection_that_cannot_be_closed_stops_nothing(
    backend: RecordingBackend, monkeypatch: pytest.MonkeyPatch
) -> None:
    from wsrouter.local.process.http_protocol import GatewayHttpProtocol

    def fail(_: GatewayHttpProtocol) -> None:
        raise AssertionError("broken")

    monkeypatch.setattr(GatewayHttpProtocol, "shutdown", fail)
    with running(snapshot(), backend.url) as gateway:
        bare = socket.create_connection(("127.0.0.1", gateway.port))
        opened = connect(gateway.port)
    bare.close()
    opened.close()
    assert len(backend.of("DISCONNECT")) == 1
