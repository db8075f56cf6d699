"""`manage.py ws_call`, as it is typed."""

import json
import signal
import subprocess
import sys
import threading

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


def test_events_are_shown(stack: Stack) -> None:
    command = ("manage.py", "ws_call", "who.am.i", "--listen", "--user", "ada")
    process = subprocess.Popen(
        [sys.executable, *command, "--url", stack.url],
        cwd=stack.project,
        env=stack.environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        # A shell starts what runs in its background with Ctrl-C ignored.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )
    lines: list[str] = []
    assert process.stdout is not None
    reading = threading.Thread(target=lambda: lines.extend(process.stdout or ()))
    reading.start()
    shown = 'room.announced {"text": "lunch"}\n'
    eventually(lambda: stack.get("/announce/lunch/") and shown in lines)
    process.send_signal(signal.SIGINT)
    assert process.wait(30) == 0
    reading.join()
    process.stdout.close()
    assert process.stderr is not None
    process.stderr.close()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((), "Name an action, or use --listen."),
        (("a", "{"), "The payload is no JSON"),
        (("a", "--gateway", "other"), "'other'"),
        (
            ("a", "--url", "ws://127.0.0.1:9/", "--timeout", "0.2"),
            "No connection within",
        ),
    ],
)
def test_mistakes(arguments: tuple[str, ...], message: str) -> None:
    with pytest.raises(CommandError, match=message):
        call_command("ws_call", *arguments)
