"""`manage.py ws_tail`, as it is used: on a log that grows, and at the end of a pipe."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from io import StringIO
from pathlib import Path
from queue import Empty, Queue
from threading import Thread
from typing import Any

import pytest
from django.core.management import CommandError, call_command

COMMAND = [sys.executable, "-Werror", "-m", "django", "ws_tail"]
ENVIRONMENT = os.environ | {"DJANGO_SETTINGS_MODULE": "tests.project.settings"}
SAID = {
    "at": "2026-11-29T10:06:18.783Z",
    "event": "message",
    "gateway": "default",
    "route": "orders.place",
    "outcome": "reply",
    "code": "",
    "ms": 3.2,
    "user": "7",
    "connection": "HJ1_Zv-cvHcCJAw=",
    "request": "r",
    "message": "m",
}
SOLD_OUT = {**SAID, "outcome": "error", "code": "sold_out", "user": "8"}
OTHER = {**SAID, "route": "chat.say", "connection": "other", "user": None}
SENT = {
    "at": "2026-11-29T10:06:19.000Z",
    "event": "send",
    "type": "orders.changed",
    "outcome": "error",
    "delivered": 3,
    "gone": 0,
    "failed": 1,
    "left_out": 0,
    "reasons": {"500": 1},
    "stopped": "",
}

REAPED = {
    "at": "2026-11-29T10:07:00.000Z",
    "event": "reap",
    "outcome": "done",
    "lifetime": 2,
    "ended": 0,
    "checked": 100,
    "waiting": 7,
    "oldest_seconds": 3.5,
}


def text(*lines: dict[str, Any]) -> str:
    return "".join(json.dumps(line) + "\n" for line in lines)


def tail(*arguments: str, given: str = "") -> str:
    """What is written when `given` is all of standard input."""
    written = StringIO()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "stdin", StringIO(given))
        call_command("ws_tail", *arguments, "--no-color", stdout=written)
    return written.getvalue()


def shown(*arguments: str) -> list[str]:
    """What is shown of each line, without the time of day."""
    given = "noise\n[1]\n{}\n" + text(SAID, SOLD_OUT, OTHER, SENT)
    lines = tail("-", *arguments, given=given).splitlines()
    return [re.sub(r"^\d\d:\d\d:\d\d\.\d{3} +", "", line) for line in lines]


@contextmanager
def following(path: Path, *arguments: str) -> "Iterator[Queue[str]]":
    lines: Queue[str] = Queue()
    process = subprocess.Popen(
        [*COMMAND, str(path), *arguments, "--json"],
        env=ENVIRONMENT,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    Thread(target=lambda out: [*map(lines.put, out)], args=[process.stdout]).start()
    try:
        yield lines
    finally:
        process.terminate()
        process.wait(60)
        process.stdout.close()


def test_everything() -> None:
    assert shown() == [
        "HJ1_Zv-cvHcCJAw=  orders.place          reply  3.2 ms",
        "HJ1_Zv-cvHcCJAw=  orders.place          error  sold_out  3.2 ms",
        "other             chat.say              reply  3.2 ms",
        "-                 orders.changed        error  3 delivered  1 failed",
    ]


@pytest.mark.parametrize(
    ("arguments", "numbers"),
    [
        (["--errors"], [1, 3]),
        (["--route", "orders.place"], [0, 1]),
        (["--route", "orders.*"], [0, 1, 3]),
        (["--route", "chat.say", "--route", "orders.changed"], [2, 3]),
        (["--connection", "other"], [2]),
        (["--errors", "--route", "orders.place"], [1]),
        (["--route", "nothing"], []),
    ],
)
def test_some(arguments: list[str], numbers: list[int]) -> None:
    everything = shown()
    assert shown(*arguments) == [everything[number] for number in numbers]


def test_a_run_of_the_reaper() -> None:
    failed = REAPED | {"outcome": "error"}
    [done] = tail("-", given=text(REAPED)).splitlines()
    [error] = tail("-", "--errors", given=text(REAPED, failed)).splitlines()
    for outcome, line in (("done", done), ("error", error)):
        assert re.sub(" +", " ", line).endswith(
            f" - reap {outcome} 2 lifetime 7 waiting"
        )


def test_users_are_shown_when_they_are_asked_for() -> None:
    assert shown("--user", "8") == [
        "HJ1_Zv-cvHcCJAw=  8         orders.place          error  sold_out  3.2 ms"
    ]
    assert "  7  " in shown("--show-users")[0]
    assert all("  7  " not in line for line in shown())


def test_the_lines_of_others() -> None:
    """`aws logs tail` writes before each line; `ws_local --json` has other names."""
    local = {
        "at": "2026-11-29T10:06:18.783000Z",
        "connection_id": "abc=",
        "user": "ada",
        "route_key": "orders.place",
        "outcome": "reply",
        "failed": False,
        "milliseconds": 7.1,
    }
    given = f"2026-11-29T10:06:18 web/1 {text(SAID)}{text(local)}"
    lines = tail("-", given=given).splitlines()
    assert [line.split()[1:4] for line in lines] == [
        ["HJ1_Zv-cvHcCJAw=", "orders.place", "reply"],
        ["abc=", "orders.place", "reply"],
    ]


def test_text_of_clients_does_not_reach_the_terminal_as_it_is() -> None:
    evil = {**SAID, "route": "\x1b[2J\u202e" + "x" * 500}
    [line] = tail("-", given=text(evil)).splitlines()
    assert "\x1b" not in line
    assert "\u202e" not in line
    assert len(line) < 300


def test_a_log_that_grows_is_rotated_and_emptied(tmp_path: Path) -> None:
    log = tmp_path / "frames.log"
    log.write_text(text(*({**SAID, "ms": number} for number in range(20))))

    def next_ms(lines: "Queue[str]") -> Any:
        return json.loads(lines.get(timeout=60))["ms"]

    with following(log, "--last", "2") as lines:
        assert [next_ms(lines), next_ms(lines)] == [18, 19]
        with log.open("a") as file:
            file.write(text({**SAID, "ms": 20})[:30])
            file.flush()
            file.write(text({**SAID, "ms": 20})[30:])
        assert next_ms(lines) == 20
        log.rename(tmp_path / "frames.log.1")
        log.write_text(text({**SAID, "ms": 21}))
        assert next_ms(lines) == 21
        with log.open("w") as file:
            file.write(text({**SAID, "ms": 2}))
        assert next_ms(lines) == 2
        with pytest.raises(Empty):
            lines.get_nowait()


def test_what_cannot_be_read(tmp_path: Path) -> None:
    for name, problem in (("none.log", "No such file"), (".", "Is a directory")):
        with pytest.raises(CommandError, match=problem):
            tail(str(tmp_path / name))
    with pytest.raises(CommandError, match="Nothing came"):
        tail("-")
    with pytest.raises(CommandError, match="0 or more"):
        tail("-", "--last", "-1")


def test_the_end_of_a_log(tmp_path: Path) -> None:
    log = tmp_path / "frames.log"
    log.write_text(text(SAID, SOLD_OUT))
    lines = tail(str(log), "--no-follow", "--last", "1", "--json").splitlines()
    assert [json.loads(line) for line in lines] == [SOLD_OUT]
    assert tail(str(log), "--no-follow", "--last", "0") == ""
