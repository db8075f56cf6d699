"""`manage.py ws_call`, as it is typed."""

import json
import signal
import socket
import subprocess
import sys
import threading
from contextlib import closing

import pytest
from django.core.management import CommandError, call_command

from tests.e2e.ws_local_stack import Stack, eventually


def called(
    stack: Stack, *arguments: str, user: str = "ada"
) -> "subprocess.CompletedProcess[str]":
    who = ("--user", user) if user else ()
    return stack.manage("ws_call", *arguments, "--url", stack.url, *who)


def test_a_reply(stack: Stack) -> None:
    done = called(stack, "say", '{"text": "hö", "times": 2}')
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == '{\n  "text": "höhö",\n  "by": "ada"\n}\n'


def test_an_error_frame(stack: Stack) -> None:
    done = called(stack, "say", '{"text": 7}')
    assert (done.returncode, done.stdout) == (1, "")
    error = json.loads(done.stderr.removeprefix("CommandError: "))
    assert error["code"] == "invalid_payload"
    assert error["detail"][0]["loc"] == ["text"]


def test_nobody_is_refused(stack: Stack) -> None:
    done = called(stack, "say", user="")
    assert done.returncode == 1
    assert "The connection was refused with 401." in done.stderr
    done = called(stack, "say", user="nobody")
    assert done.stderr == "CommandError: There is no user 'nobody'.\n"
    assert done.returncode == 1


def started(stack: Stack, *arguments: str) -> "subprocess.Popen[str]":
    """The command in a terminal, where Ctrl-C reaches it."""
    return subprocess.Popen(
        [sys.executable, "manage.py", "ws_call", *arguments],
        cwd=stack.project,
        env=stack.environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        # A shell starts what runs in its background with Ctrl-C ignored.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )


def test_events_are_shown(stack: Stack) -> None:
    command = ("who.am.i", "--listen", "--user", "ada", "--url", stack.url)
    lines: list[str] = []
    with started(stack, *command) as process:
        assert process.stdout is not None
        reading = threading.Thread(target=lambda: lines.extend(process.stdout or ()))
        reading.start()
        shown = 'room.announced {"text": "lunch"}\n'
        eventually(lambda: stack.get("/announce/lunch/") and shown in lines)
        process.send_signal(signal.SIGINT)
        assert process.wait(30) == 0, "that is how it ends"
        reading.join()


def test_one_that_is_interrupted_before_its_answer(stack: Stack) -> None:
    with closing(socket.create_server(("127.0.0.1", 0))) as silent:
        url = f"ws://127.0.0.1:{silent.getsockname()[1]}/"
        with started(stack, "say", "--url", url, "--listen") as process:
            accepted, _ = silent.accept()
            process.send_signal(signal.SIGINT)
            _, errors = process.communicate(timeout=30)
            accepted.close()
    assert process.returncode == 130
    shown = [
        line for line in errors.splitlines() if line not in ("connecting", "closed")
    ]
    assert shown == ["CommandError: Interrupted."]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((), "Name an action, or use --listen."),
        (("a", "{"), "The payload is no JSON"),
        (("a", "{'b': 1}"), "The payload is no JSON: Expecting property name"),
        (("a", "--gateway", "other"), "'other'"),
        (
            ("a", "--url", "ws://127.0.0.1:9/", "--timeout", "0.2"),
            "Nothing listens there: .*Start it with `ws_local`",
        ),
    ],
)
def test_mistakes(arguments: tuple[str, ...], message: str) -> None:
    with pytest.raises(CommandError, match=message) as raised:
        call_command("ws_call", *arguments)
    assert raised.value.returncode == 1
