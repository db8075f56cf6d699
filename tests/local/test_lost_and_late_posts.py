"""Posts that are answered with 200 and do not arrive, or arrive in another order."""

import json

import pytest
from websockets.exceptions import ConnectionClosed

from tests.local.conftest import Start
from tests.local.recording_backend import RecordingBackend, Response
from tests.local.running_gateway import RunningGateway
from tests.local.test_connections_api import code, connection_id
from tests.local.test_status_page import watching
from wsrouter.local.journal import JsonLinesJournal, TextJournal
from wsrouter.local.rules import post_faults
from wsrouter.local.rules.behaviour import Behaviour, Limits

SENT = [f"number {number}" for number in range(20)]


def post(gateway: RunningGateway, name: str, texts: list[str]) -> None:
    """Each is answered with 200 before the next is posted."""
    api = gateway.boto3()
    for text in texts:
        api.post_to_connection(ConnectionId=name, Data=text.encode())


def outcomes(gateway: RunningGateway) -> list[str]:
    posts = [e for e in gateway.entries if e.route_key == "@connections POST"]
    return [entry.outcome for entry in posts]


def test_no_lost_post_arrives(backend: RecordingBackend, start: Start) -> None:
    backend.respond = lambda request: Response(body=b"a reply")
    gateway = start(behaviour=Behaviour(lost_posts=1.0))
    with gateway.connect() as client:
        name = connection_id(backend)
        client.send("{}")
        assert client.recv(timeout=30) == "a reply", "which is not lost"
        post(gateway, name, SENT)
        gateway.gateway.api.behaviour = Behaviour()
        post(gateway, name, ["the last"])
        assert client.recv(timeout=30) == "the last"
    assert outcomes(gateway) == ["200, lost on purpose"] * len(SENT) + ["200"]
    lost = next(entry for entry in gateway.entries if "lost" in entry.outcome)
    assert lost.failed
    assert (lost.sent, lost.size) == (None, len(SENT[0]))


def test_some_posts_are_lost(backend: RecordingBackend, start: Start) -> None:
    gateway = start(behaviour=Behaviour(lost_posts=0.5))
    with gateway.connect() as client:
        name = connection_id(backend)
        post(gateway, name, SENT * 5)
        gateway.gateway.api.behaviour = Behaviour()
        post(gateway, name, ["the last"])
        arrived = 0
        while client.recv(timeout=30) != "the last":
            arrived += 1
    assert 10 < arrived < 90
    assert outcomes(gateway).count("200") == arrived + 1


def test_a_lost_post_counts_as_activity(
    backend: RecordingBackend, start: Start
) -> None:
    gateway = start(behaviour=Behaviour(lost_posts=1.0))
    with gateway.connect() as client:
        name = connection_id(backend)
        socket = gateway.socket(name)
        for _ in range(3):
            gateway.pass_time(socket, Limits().idle_seconds - 60)
            post(gateway, name, ["x"])
        with pytest.raises(TimeoutError):
            client.recv(timeout=0.1)


def test_shuffled_posts_all_arrive(backend: RecordingBackend, start: Start) -> None:
    gateway = start(behaviour=Behaviour(post_order="shuffled"))
    with gateway.connect() as client:
        post(gateway, connection_id(backend), SENT)
        arrived = [client.recv(timeout=30) for _ in SENT]
    assert sorted(arrived) == sorted(SENT)
    assert arrived != SENT
    assert all(outcome.endswith(" s late") for outcome in outcomes(gateway))
    assert not any(entry.failed for entry in gateway.entries[1:-1])


def test_a_close_comes_after_what_is_late(
    backend: RecordingBackend, start: Start
) -> None:
    gateway = start(behaviour=Behaviour(post_order="shuffled"))
    with gateway.connect() as client:
        name = connection_id(backend)
        post(gateway, name, SENT)
        gateway.boto3().delete_connection(ConnectionId=name)
        assert sorted(client.recv(timeout=30) for _ in SENT) == sorted(SENT)
        with pytest.raises(ConnectionClosed):
            client.recv(timeout=30)


def test_what_is_late_takes_room_in_the_buffer(
    backend: RecordingBackend,
    start: Start,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(post_faults, "_MAX_DELAY_SECONDS", 3600)
    behaviour = Behaviour(post_order="shuffled")
    gateway = start(limits=Limits(send_buffer_bytes=100), behaviour=behaviour)
    with gateway.connect():
        name = connection_id(backend)
        post(gateway, name, ["x" * 60])
        call = gateway.boto3().post_to_connection
        busy = (429, "LimitExceededException")
        assert code(call, ConnectionId=name, Data=b"x" * 60) == busy


def test_the_lines_and_the_page_say_so(backend: RecordingBackend, start: Start) -> None:
    gateway = start(behaviour=Behaviour(lost_posts=1.0))
    with watching(gateway) as events, gateway.connect():
        post(gateway, connection_id(backend), ["x"])
        shown = [next(told for name, told in events if name == "entry")]
        shown += [next(told for name, told in events if name == "entry")]
    lost = gateway.entries[1]
    lines: list[str] = []
    TextJournal(write_line=lines.append, colour=True)(lost)
    JsonLinesJournal(write_line=lines.append)(lost)
    assert "\x1b[31m200, lost on purpose" in lines[0], "in red"
    assert json.loads(lines[1])["outcome"] == "200, lost on purpose"
    assert json.loads(lines[1])["failed"] is True
    assert shown[1]["outcome"] == "200, lost on purpose"
