"""Plain clients talk to `manage.py ws_local`."""

import os
import signal
import socket
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any
from unittest.mock import ANY

import boto3
import pytest
from botocore.exceptions import ClientError
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import connect

from tests.e2e.ws_local_stack import Stack, ask, eventually, frame, listens, running

STRICT = ("--strict", "--aws", "lost-disconnect=0", "--aws", "refusal-status=same")
"""The other strict values are tested in `test_switch_values.py`."""


@pytest.fixture(scope="module", params=[(), STRICT], ids=["likeliest", "strict"])
def stack(
    tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest
) -> Iterator[Stack]:
    database = tmp_path_factory.mktemp("e2e") / "room.sqlite3"
    with running(Stack(database), *request.param) as started:
        yield started


@pytest.fixture
def connections(stack: Stack) -> Any:
    return boto3.client(
        "apigatewaymanagementapi",
        endpoint_url=stack.management_endpoint,
        region_name="eu-west-1",
        aws_access_key_id="test",
        aws_secret_access_key="test",
    )


def test_a_message_gets_a_typed_reply(stack: Stack) -> None:
    with stack.connect("ada") as client:
        assert ask(client, "say", {"text": "ho", "times": 2}) == {
            "type": "reply",
            "action": "say",
            "id": "1",
            "payload": {"text": "hoho", "by": "ada"},
        }


def test_an_async_handler_answers_alike(stack: Stack) -> None:
    with stack.connect("ada") as client:
        answer = ask(client, "say.slowly", {"text": "hm"})
        assert answer["payload"] == {"text": "hm", "by": "ada"}


def test_a_wrong_payload_is_refused_and_the_field_named(stack: Stack) -> None:
    with stack.connect() as client:
        error = ask(client, "say", {"text": "ho", "times": "x"})["error"]
        assert error["code"] == "invalid_payload"
        assert [problem["loc"] for problem in error["detail"]] == [["times"]]


def test_a_crash_leaks_nothing(stack: Stack) -> None:
    with stack.connect() as client:
        answer = ask(client, "crash")
        assert answer["error"]["code"] == "internal_error"
        assert "business" not in str(answer)
        assert ask(client, "say", {"text": "still here"})["type"] == "reply"


def test_a_message_without_a_route_is_answered_with_an_error(stack: Stack) -> None:
    with stack.connect() as client:
        assert ask(client, "dance")["error"]["code"] == "unknown_route"
        client.send("this is no JSON")
        assert frame(client)["error"]["code"] == "malformed_frame"


def test_a_view_reaches_two_users_in_a_group(stack: Stack) -> None:
    with stack.connect("ada") as ada, stack.connect("bob") as bob:
        assert stack.get("/announce/lunch/")["delivered"] >= 2
        for client in (ada, bob):
            assert frame(client) == {
                "type": "room.announced",
                "id": ANY,
                "payload": {"text": "lunch"},
            }


def test_an_anonymous_client_is_refused_before_the_handshake(stack: Stack) -> None:
    with pytest.raises(InvalidStatus) as refused:
        connect(f"ws://127.0.0.1:{stack.port}/production")
    assert refused.value.response.status_code == 401


def test_a_message_that_is_too_large_closes_with_1009(stack: Stack) -> None:
    with stack.connect() as client:
        with suppress(ConnectionClosed):
            client.send("x" * 30_000 for _ in range(5))
        with pytest.raises(ConnectionClosed):
            client.recv(timeout=30)
        assert client.close_code == 1009


def test_binary_closes_with_1003(stack: Stack) -> None:
    with stack.connect() as client:
        client.send(b"\x00")
        with pytest.raises(ConnectionClosed):
            client.recv(timeout=30)
        assert client.close_code == 1003


def test_boto3_posts_reads_and_closes(stack: Stack, connections: Any) -> None:
    with stack.connect() as client:
        connection_id = ask(client, "who.am.i")["payload"]
        connections.post_to_connection(ConnectionId=connection_id, Data=b'{"a": 1}')
        assert frame(client) == {"a": 1}
        known = connections.get_connection(ConnectionId=connection_id)
        assert known["Identity"]["SourceIp"] == "127.0.0.1"
        connections.delete_connection(ConnectionId=connection_id)
        with pytest.raises(ConnectionClosed):
            client.recv(timeout=30)
        assert client.close_code == 1000


def test_boto3_gets_errors_for_gone_and_malformed_ids(
    stack: Stack, connections: Any
) -> None:
    with stack.connect() as client:
        connection_id = ask(client, "who.am.i")["payload"]
    with pytest.raises(connections.exceptions.GoneException):
        eventually(
            lambda: connections.post_to_connection(
                ConnectionId=connection_id, Data=b"{}"
            ),
            within=5,
        )
    with pytest.raises(ClientError) as refused:
        connections.post_to_connection(ConnectionId="no id at all", Data=b"{}")
    assert refused.value.response["ResponseMetadata"]["HTTPStatusCode"] == 400


def test_a_killed_client_leaves_no_row(stack: Stack) -> None:
    with stack.connect() as client:
        connection_id = ask(client, "who.am.i")["payload"]
        assert connection_id in stack.get("/open/")["ids"]
        client.socket.shutdown(socket.SHUT_RDWR)
    eventually(lambda: connection_id not in stack.get("/open/")["ids"])


def test_a_port_in_use_is_an_error(stack: Stack) -> None:
    again = stack.manage("ws_local", "--port", str(stack.port))
    assert again.returncode == 1
    assert str(stack.port) in again.stderr
    assert "--port" in again.stderr


def test_sockets_survive_the_death_of_django(tmp_path: Path) -> None:
    with running(Stack(tmp_path / "room.sqlite3")) as stack, stack.connect() as client:
        os.kill(stack.get("/process/")["pid"], signal.SIGKILL)
        eventually(lambda: not listens(stack.django_port))
        assert ask(client, "say", {"text": "hello?"})["message"] == (
            "Internal server error"
        )
        django = stack.start("runserver", "--noreload", str(stack.django_port))
        try:
            eventually(lambda: listens(stack.django_port))
            assert ask(client, "say", {"text": "back"})["type"] == "reply"
        finally:
            django.terminate()
            django.wait()


def test_an_interrupt_closes_the_sockets_and_leaves_no_process(tmp_path: Path) -> None:
    with running(Stack(tmp_path / "room.sqlite3")) as stack:
        with stack.connect() as client:
            process = stack.get("/process/")["pid"]
            assert stack.interrupt() == 0, stack.log
            with pytest.raises(ConnectionClosed):
                client.recv(timeout=30)
            assert client.close_code in (1001, 1012)
        assert not listens(stack.port)
        assert not listens(stack.django_port)
        with pytest.raises(ProcessLookupError):
            os.kill(process, 0)
        counted = stack.manage(
            "shell",
            "--verbosity=0",
            "--command",
            "from wsrouter.models import *; print(OpenConnection.objects.count())",
        )
        assert counted.stdout.strip() == "0"
