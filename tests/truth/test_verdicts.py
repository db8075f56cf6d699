"""Every switch, against gateways that behave in one way and in another: each time the
verdict is how that gateway behaves."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.truth.command import EVERYTHING, ask, verdicts
from tests.truth.conftest import Start
from wsrouter.local.rules.behaviour import Limits
from wsrouter.local.rules.switches import SWITCHES
from wsrouter.local.sockets import local_api
from wsrouter.truth.points import PROBES, chosen

ASKED = {switch for probe in PROBES for switch in probe.switches}
FAULTS = {"busy-posts", "dropped", "lost-disconnect", "lost-posts", "post-order"}
"""Switches for what goes wrong at times: no question about what is true."""
SLOW = {"ping-resets-idle"}
"""Asked with `--slow`, or by their number."""
OTHERS = {
    "below-stage": "426",
    "client-header": "wins",
    "deleted-stage": "closed",
    "disabled-endpoint": "works",
    "disconnect-code": "null",
    "empty-reply": "frame",
    "frame-size": "compressed",
    "handshake-bytes": "8192",
    "large-reply": "nothing",
    "later-trace-id": "sent",
    "later-user-agent": "gateway",
    "message-order": "serial",
    "non-2xx": "nothing",
    "null-header": "empty",
    "null-key": "null",
    "ping": "ignored",
    "redeploy": "former",
    "refusal-body": "dropped",
    "refusal-status": "502",
    "reserved-key": "default",
    "retry": "once",
    "route-response": "object",
    "subprotocol": "dropped",
    "throttled": "frame",
    "timeout-frame": "timed-out",
    "timeout-status": "500",
    "typed-key": "default",
    "unreachable-status": "500",
    "validation": "skipped",
    "window-bits": "sent",
}
"""One more value of every switch; `validation-key` means nothing beside
`validation=skipped`."""
THIRDS = {
    "client-header": "joined",
    "deleted-stage": "served",
    "non-2xx": "error",
    "refusal-status": "403",
    "throttled": "both",
    "timeout-status": "502",
    "unreachable-status": "503",
    "validation-key": "requestId",
}


QUICK = "1-6,8,9,11,20,21"
SETTLED_BY_QUICK = {
    switch
    for probe in PROBES
    if probe in chosen(QUICK, slow=False)
    for switch in probe.switches
}
only_whole = pytest.mark.skipif(not EVERYTHING, reason="nox -s truth asks everything")


def asked() -> list[str]:
    return [] if EVERYTHING else ["--only", QUICK]


def expected(values: dict[str, str]) -> dict[str, str]:
    """Those of the values that are asked about."""
    names = set(values) if EVERYTHING else set(values) & SETTLED_BY_QUICK
    return {name: values[name] for name in names if name != "message-order"}


def found(evidence: Path) -> dict[str, str]:
    """The settled switches. The order of messages has a test of its own: it cannot be
    seen on a busy machine."""
    settled = verdicts(evidence)
    settled.pop("message-order", None)
    return settled


def assigned(values: dict[str, str]) -> list[str]:
    return [f"{name}={value}" for name, value in values.items()]


def first_key_wins(text: str, *_: Any) -> str:
    value = json.loads(text, object_pairs_hook=lambda pairs: dict(reversed(pairs)))
    return str(value.get("action"))


def test_every_switch_is_asked_or_is_a_fault() -> None:
    assert set(SWITCHES) == ASKED | FAULTS
    assert set(OTHERS) | {"validation-key"} == ASKED - SLOW
    for name, value in [*OTHERS.items(), *THIRDS.items()]:
        assert SWITCHES[name].parse(value) != SWITCHES[name].default


def test_a_gateway_with_the_defaults(
    start: Start, endpoint: str, tmp_path: Path
) -> None:
    start()
    said = ask(endpoint, *asked(), "--evidence", str(tmp_path / "seen.json"))
    defaults = {name: str(SWITCHES[name].default) for name in ASKED - SLOW}
    assert found(tmp_path / "seen.json") == expected(defaults)
    assert "    python manage.py ws_local\n" in said
    assert "Still open" not in said.replace("Still open: message-order.", "")


def test_a_gateway_with_other_values(
    start: Start, endpoint: str, tmp_path: Path
) -> None:
    start(*assigned(OTHERS))
    said = ask(endpoint, *asked(), "--evidence", str(tmp_path / "seen.json"))
    assert found(tmp_path / "seen.json") == expected(OTHERS)
    assert "Still open: validation-key." in said
    assert set(assigned(expected(OTHERS))) <= set(said.split())


@only_whole
def test_a_gateway_with_third_values(
    start: Start, endpoint: str, tmp_path: Path
) -> None:
    start(*assigned(THIRDS))
    seen = tmp_path / "seen.json"
    ask(endpoint, "--only", "1,5,7,10,11,13", "--evidence", str(seen))
    assert found(seen).items() >= THIRDS.items()


@only_whole
@pytest.mark.parametrize("order", ["concurrent", "serial", "shuffled"])
def test_the_order_of_messages(
    start: Start, endpoint: str, tmp_path: Path, order: str
) -> None:
    start(f"message-order={order}")
    seen = tmp_path / "seen.json"
    for _ in range(10):
        ask(endpoint, "--only", "15", "--evidence", str(seen))
        if value := verdicts(seen).get("message-order"):
            assert value == order
            return
    pytest.skip("this machine changes the order of requests by itself")


@only_whole
@pytest.mark.parametrize("value", ["no", "yes"])
def test_whether_a_ping_restarts_the_idle_timer(
    start: Start, endpoint: str, tmp_path: Path, value: str
) -> None:
    start(f"ping-resets-idle={value}", limits=Limits(idle_seconds=4))
    seen = tmp_path / "seen.json"
    limit = ("--idle-limit", "4")
    ask(endpoint, "--only", "12", *limit, "--evidence", str(seen))
    assert verdicts(seen)["ping-resets-idle"] == value


@only_whole
def test_a_silent_socket_that_stays_open_settles_nothing(
    start: Start, endpoint: str, tmp_path: Path
) -> None:
    start("ping-resets-idle=yes")
    seen = tmp_path / "seen.json"
    limit = ("--idle-limit", "1")
    said = ask(endpoint, "--only", "12", *limit, "--evidence", str(seen))
    assert "ping-resets-idle" not in verdicts(seen)
    assert "a silent socket was not closed" in said


def test_which_of_two_equal_keys(
    start: Start, endpoint: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    start()
    assert "observed:  the last one" in ask(endpoint, "--only", "23")
    monkeypatch.setattr(local_api.route_selection, "selected_key", first_key_wins)
    start()
    assert "observed:  the first one" in ask(endpoint, "--only", "23")
