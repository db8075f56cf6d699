"""The lines of the journal, as text and as JSON."""

import json
import re
from dataclasses import replace

from wsrouter.local.journal import Entry, JsonLinesJournal, TextJournal

ENTRY = Entry(
    connection_id="L0SM9cOFvHcCIhw=",
    route_key="orders.watch",
    outcome="200 reply, 54 bytes",
    seconds=0.01234,
    size=21,
    received='{"action": "x\u00e9"}',
    sent="",
)


def written(
    entry: Entry, *, colour: bool = False, with_frames: bool = False
) -> list[str]:
    lines: list[str] = []
    TextJournal(write_line=lines.append, colour=colour, with_frames=with_frames)(entry)
    return "\n".join(lines).split("\n")


def test_a_plain_line() -> None:
    [line] = written(ENTRY)
    assert re.fullmatch(
        r"\d\d:\d\d:\d\d\.\d{3}  L0SM9cOFvHcCIhw=  -         orders\.watch          "
        r"200 reply, 54 bytes  21 B  12\.3 ms",
        line,
    )


def test_the_user_is_in_it() -> None:
    [line] = written(replace(ENTRY, user="ada\x1b"))
    assert "=  ada\\x1b   orders.watch" in line


def test_colours_only_when_asked() -> None:
    assert "\x1b[32m200 reply, 54 bytes\x1b[0m" in written(ENTRY, colour=True)[0]
    assert "\x1b" not in written(ENTRY)[0]


def test_frames_only_when_asked() -> None:
    assert written(ENTRY, with_frames=True)[1:] == [
        '    > {"action": "x\u00e9"}',
        "    < ",
    ]


def test_a_client_cannot_send_control_characters_to_the_terminal() -> None:
    harmful = replace(
        ENTRY, outcome="closed 1000 \x1b[2J", received="\x1b]0;title\x07\n\u202e"
    )
    first, second, _ = written(harmful, with_frames=True)
    assert "\x1b" not in first
    assert second == "    > \\x1b]0;title\\x07\\x0a\\x202e"


def test_a_long_body_is_cut() -> None:
    body = written(replace(ENTRY, received="x" * 2010), with_frames=True)[1]
    assert body.endswith("xx ... and 10 characters")


def test_json_lines() -> None:
    lines: list[str] = []
    JsonLinesJournal(write_line=lines.append)(ENTRY)
    journal = JsonLinesJournal(write_line=lines.append, with_frames=True)
    journal(ENTRY)
    journal.write_notice("+ route x")
    short, long, notice = (json.loads(line) for line in lines)
    assert long == short | {"received": ENTRY.received, "sent": ""}
    assert short | {"at": ""} == {
        "at": "",
        "connection_id": "L0SM9cOFvHcCIhw=",
        "user": "",
        "route_key": "orders.watch",
        "outcome": "200 reply, 54 bytes",
        "failed": False,
        "size": 21,
        "milliseconds": 12.3,
    }
    assert notice["notice"] == "+ route x"
