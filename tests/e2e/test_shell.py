"""A process beside `ws_local`, such as a shell or a worker, pushes to its sockets."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from tests.e2e.ws_local_stack import Stack, copied, frame, running, started

ANNOUNCE = """
import json
from room.ws import Announcement, announced
report = announced.send(Announcement(text="from a shell"), group="lobby").report
print(json.dumps([report.delivered, report.gone, report.failed]))
"""


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    with running(Stack(tmp_path_factory.mktemp("shell") / "room.sqlite3")) as one:
        yield one


def announce(stack: Stack, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Send from a shell without AWS credentials; delivered, gone and failed."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setitem(stack.variables, name, "")
    nowhere = str(stack.database.with_suffix(".nowhere"))
    monkeypatch.setitem(stack.variables, "AWS_SHARED_CREDENTIALS_FILE", nowhere)
    done = stack.manage("shell", "--verbosity=0", "--command", ANNOUNCE)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])


def test_a_shell_needs_neither_a_setting_nor_credentials(
    stack: Stack, monkeypatch: pytest.MonkeyPatch
) -> None:
    with stack.connect() as client:
        assert announce(stack, monkeypatch) == [1, 0, 0]
        assert frame(client)["payload"] == {"text": "from a shell"}


def test_the_setting_wins(stack: Stack, monkeypatch: pytest.MonkeyPatch) -> None:
    elsewhere = f"http://127.0.0.1:{stack.django_port}/production"
    monkeypatch.setitem(stack.variables, "WSROUTER_MANAGEMENT_ENDPOINT", elsewhere)
    with stack.connect():
        delivered, _, failed = announce(stack, monkeypatch)
        assert (delivered, failed) == (0, 1)


def test_a_django_that_was_started_by_hand_needs_none_either(tmp_path: Path) -> None:
    stack = copied(tmp_path)
    settings = stack.project / "room" / "settings.py"
    endpoint = f"http://127.0.0.1:{stack.django_port}/ws/"
    code = settings.read_text().replace("https://room.example.com/ws/", endpoint)
    settings.write_text(code)
    stack.migrate()
    django = stack.start("runserver", "--noreload", str(stack.django_port))
    try:
        with started(stack, "--no-django"), stack.connect() as client:
            assert "Set MANAGEMENT_ENDPOINT" not in stack.log
            assert stack.get("/announce/lunch/") == {"delivered": 1, "gone": 0}
            assert frame(client)["payload"] == {"text": "lunch"}
    finally:
        django.terminate()
        django.wait()


def test_the_region_of_the_settings_is_the_one_that_counts(
    stack: Stack, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(stack.variables, "AWS_DEFAULT_REGION", "ap-south-1")
    with stack.connect() as client:
        assert announce(stack, monkeypatch) == [1, 0, 0]
        assert frame(client)["payload"] == {"text": "from a shell"}
        [name] = stack.get("/open/")["ids"]
        foreign = boto3.client(
            "apigatewaymanagementapi",
            endpoint_url=stack.management_endpoint,
            region_name="ap-south-1",
            aws_access_key_id="any",
            aws_secret_access_key="any",
        )
        with pytest.raises(ClientError, match="InvalidSignatureException"):
            foreign.post_to_connection(ConnectionId=name, Data=b"x")
