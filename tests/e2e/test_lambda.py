"""`ws_local --lambda`: events for the handler of an AWS Lambda function."""

from pathlib import Path

import pytest
from websockets.exceptions import InvalidStatus

from tests.e2e.ws_local_stack import (
    Stack,
    ask,
    copied,
    eventually,
    frame,
    listens,
    running,
)

HANDLER = """
from wsrouter.awslambda import handler_for

websocket = handler_for(None)


def handler(event, context):
    print("invoked for", event["requestContext"]["eventType"], context.function_name)
    if "crash" in event.get("body", ""):
        raise ValueError("no such drink")
    return websocket(event, context)
"""
WITHOUT_SECRET = """
WSROUTER["default"] |= {
    "SECRET": "",
    "LAMBDA": "arn:aws:lambda:eu-west-1:123456789012:function:room:live",
}
"""


def test_the_handler_of_a_project(tmp_path: Path) -> None:
    """Without a SECRET and with LAMBDA, a handler is invoked also without --lambda."""
    stack = copied(tmp_path)
    (stack.project / "room" / "aws.py").write_text(HANDLER)
    settings = stack.project / "room" / "settings.py"
    settings.write_text(settings.read_text() + WITHOUT_SECRET)
    with running(stack, "--lambda", "room.aws.handler"):
        assert "Events are given to room.aws.handler" in stack.log
        with pytest.raises(InvalidStatus, match="403"):
            stack.connect(origin="https://evil.example")
        with stack.connect() as client:
            answer = ask(client, "say", {"text": "ho"})
            assert answer["payload"] == {"text": "ho", "by": "ada"}
            assert ask(client, "say")["error"]["code"] == "invalid_payload"
            assert stack.get("/announce/lunch/")["delivered"] == 1
            assert frame(client)["payload"] == {"text": "lunch"}
            failed = ask(client, "crash")
            assert failed["message"] == "Internal server error"
            assert "has failed: ValueError: no such drink" in stack.log
            handlers = stack.project / "room" / "ws.py"
            louder = handlers.read_text().replace("text=payload", "text='!' + payload")
            handlers.write_text(louder)
            said = {"text": "!ho", "by": "ada"}
            ho = {"text": "ho"}
            eventually(lambda: ask(client, "say", ho).get("payload") == said)
            eventually(lambda: listens(stack.django_port))
        eventually(lambda: stack.get("/open/")["ids"] == [])
        assert "invoked for DISCONNECT room" in stack.log


def test_without_a_handler_of_its_own(tmp_path: Path) -> None:
    """--lambda alone, in a project that is published over HTTP."""
    stack = Stack(tmp_path / "room.sqlite3")
    with running(stack, "--lambda"), stack.connect() as client:
        assert "Events are given to wsrouter.awslambda.handler" in stack.log
        assert [ask(client, "who.am.i")["payload"]] == stack.get("/open/")["ids"]


def test_a_function_elsewhere_needs_its_url(tmp_path: Path) -> None:
    done = Stack(tmp_path / "room.sqlite3").manage(
        "ws_local", "--no-django", "--lambda"
    )
    assert done.returncode == 1
    assert "--lambda http://127.0.0.1:9000/2015-03-31/functions/" in done.stderr
