"""The status page: what it shows, what it does, and which requests it refuses."""

import http.client
import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from websockets.exceptions import ConnectionClosed

from tests.local.conftest import Start
from tests.local.recording_backend import RecordingBackend, Response, wait_until
from tests.local.running_gateway import RunningGateway

EVENTS = "/~status/events"


def ask(
    gateway: RunningGateway, method: str, path: str, body: str = "", **headers: str
) -> tuple[int, bytes]:
    client = http.client.HTTPConnection("127.0.0.1", gateway.port, timeout=30)
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    client.request(method, path, body.encode(), named)
    response = client.getresponse()
    answer = response.status, response.read()
    client.close()
    return answer


def token(gateway: RunningGateway) -> str:
    status, page = ask(gateway, "GET", "/")
    assert status == 200
    found = re.search(rb'name="token" content="([\w-]{32})"', page)
    assert found
    return found[1].decode()


@contextmanager
def watching(gateway: RunningGateway) -> Iterator[Iterator[tuple[str, Any]]]:
    """The events of the page, as they arrive."""
    client = http.client.HTTPConnection("127.0.0.1", gateway.port, timeout=30)
    client.request("GET", f"{EVENTS}?token={token(gateway)}")
    response = client.getresponse()
    assert response.headers["Content-Type"] == "text/event-stream"

    def events() -> Iterator[tuple[str, Any]]:
        while line := response.readline():
            name = line.decode().removeprefix("event: ").strip()
            data = response.readline().decode().removeprefix("data: ")
            response.readline()
            yield name, json.loads(data)

    try:
        yield events()
    finally:
        response.close()
        client.close()


def until(events: Iterator[tuple[str, Any]], name: str) -> Any:
    return next(content for kind, content in events if kind == name)


def only_id(backend: RecordingBackend) -> str:
    [opening] = backend.wait_for("CONNECT")
    return str(opening.header("X-Wsrouter-Connection-Id"))


def test_it_shows_open_connections_and_traffic(
    backend: RecordingBackend, gateway: RunningGateway
) -> None:
    backend.respond = lambda request: Response(body=b"pong" if request.body else b"")
    with watching(gateway) as events:
        assert until(events, "connections") == {"total": 0, "list": []}
        with gateway.connect(user_agent_header="Shop/1") as client:
            opened = until(events, "entry")
            assert (opened["route_key"], opened["received"]) == ("$connect", None)
            listed = until(events, "connections")
            [row] = listed["list"]
            assert row["id"] == only_id(backend)
            assert (row["agent"], row["address"]) == ("Shop/1", "127.0.0.1")
            client.send("ping")
            passed = until(events, "entry")
            assert (passed["received"], passed["sent"]) == ("ping", "pong")
            assert (passed["size"], passed["failed"]) == (4, False)
        assert until(events, "entry")["route_key"] == "$disconnect"


def test_a_page_opened_later_shows_earlier_traffic(
    backend: RecordingBackend, gateway: RunningGateway
) -> None:
    with gateway.connect():
        backend.wait_for("CONNECT")
    backend.wait_for("DISCONNECT")
    with watching(gateway) as events:
        assert until(events, "entry")["route_key"] == "$connect"


def test_a_frame_can_be_sent(
    backend: RecordingBackend, gateway: RunningGateway
) -> None:
    with gateway.connect() as client:
        path = f"/~status/{only_id(backend)}/send"
        assert ask(gateway, "POST", path, "h\u00e9", X_Token=token(gateway))[0] == 204
        assert client.recv(timeout=30) == "h\u00e9"


def test_a_socket_can_be_closed(
    backend: RecordingBackend, gateway: RunningGateway
) -> None:
    with gateway.connect() as client:
        path = f"/~status/{only_id(backend)}/close"
        assert ask(gateway, "POST", path, X_Token=token(gateway))[0] == 204
        with pytest.raises(ConnectionClosed) as closed:
            client.recv(timeout=30)
        assert closed.value.rcvd is not None
        assert closed.value.rcvd.code == 1000
    backend.wait_for("DISCONNECT")
    assert ask(gateway, "POST", path, X_Token=token(gateway))[0] == 410


def test_a_socket_can_be_dropped_without_disconnect(
    backend: RecordingBackend, gateway: RunningGateway
) -> None:
    with gateway.connect() as client:
        path = f"/~status/{only_id(backend)}/drop"
        assert ask(gateway, "POST", path, X_Token=token(gateway))[0] == 204
        with pytest.raises(ConnectionClosed) as closed:
            client.recv(timeout=30)
        assert closed.value.rcvd is None
    wait_until(lambda: len(gateway.gateway.open_sockets) == 0)
    wait_until(lambda: gateway.entries[-1].route_key == "$disconnect")
    assert "not delivered: lost on purpose" in gateway.entries[-1].outcome
    assert not backend.of("DISCONNECT")


@pytest.mark.parametrize("path", ["/", "/~status/status.js", EVENTS])
def test_only_a_loopback_name_is_answered(gateway: RunningGateway, path: str) -> None:
    for host in ("evil.example", f"evil.example:{gateway.port}", "127.0.0.1:1", ""):
        assert ask(gateway, "GET", path, Host=host)[0] == 403
    assert ask(gateway, "GET", "/", Host=f"localhost:{gateway.port}")[0] == 200


def test_another_page_can_neither_act_nor_read(
    backend: RecordingBackend, gateway: RunningGateway
) -> None:
    right = token(gateway)
    with gateway.connect() as client:
        path = f"/~status/{only_id(backend)}/send"
        for headers in (
            {},
            {"X_Token": "guess"},
            {"X_Token": right, "Origin": "http://evil.example"},
            {"X_Token": right, "Origin": "null"},
        ):
            assert ask(gateway, "POST", path, "hi", **headers)[0] == 403
        for query in ("", "?token=guess", "?token="):
            assert ask(gateway, "GET", EVENTS + query)[0] == 403
        with pytest.raises(TimeoutError):
            client.recv(timeout=0.1)


def test_it_cannot_be_framed_and_loads_nothing_from_other_hosts(
    gateway: RunningGateway,
) -> None:
    client = http.client.HTTPConnection("127.0.0.1", gateway.port)
    client.request("GET", "/")
    response = client.getresponse()
    page = response.read().decode()
    client.close()
    policy = response.headers["Content-Security-Policy"]
    assert policy == "default-src 'self'; frame-ancestors 'none'; img-src data:"
    assert not re.findall(r'(?:src|href)="(?!/~status/|data:,)', page)


@pytest.mark.parametrize("name", ["../status.py", "nothing.js", "status.txt", "a/b.js"])
def test_nothing_but_the_page_is_served(gateway: RunningGateway, name: str) -> None:
    assert ask(gateway, "GET", f"/~status/{name}")[0] == 404


def test_an_open_page_does_not_delay_the_end_of_the_gateway(
    gateway: RunningGateway, start: Start
) -> None:
    with watching(gateway) as events:
        until(events, "connections")
        gateway.gateway.feed.end()
        assert list(events) == []
