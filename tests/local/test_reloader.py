"""What a running gateway makes of the answer when it asks again what to serve."""

import asyncio
import sys
from dataclasses import replace
from typing import Any

import pytest

from tests.local.conftest import Start
from tests.local.running_gateway import Running, snapshot
from tests.local.test_connections_api import plain
from tests.local.test_disabled_endpoint import only
from wsrouter.catalog.snapshot import Domain
from wsrouter.local.process.api_description import Absent, Served, Source
from wsrouter.local.process.reloader import Reload
from wsrouter.local.rules.behaviour import Behaviour

GONE = Absent(stage="production", reason="The API is not published; run ws_sync.")
SERVED = Served(snapshot=snapshot(), api_id="abc123defg")


class Reading:
    """Asks a command that says what the test wants it to say."""

    def __init__(self, gateway: Running) -> None:
        self.lines: list[str] = []
        self._loop = gateway.loop
        self._reload = Reload(
            address=("127.0.0.1", 9),
            source=Source(command=(), environment={}),
            gateway=gateway.gateway,
            served=SERVED,
            say=self.lines.append,
        )

    def hears(self, line: str, *, code: int = 0, aloud: bool = False) -> list[str]:
        """What is said about it."""
        script = f"import sys; print({line!r}); sys.exit({code})"
        command = (sys.executable, "-c", script)
        self._reload.source = Source(command=command, environment={})
        del self.lines[:]
        learning = self._reload.learn(aloud=aloud)
        asyncio.run_coroutine_threadsafe(learning, self._loop).result(30)
        return list(self.lines)


@pytest.mark.parametrize(
    ("rule", "words"),
    [
        ("forbidden", "messages of open sockets are Forbidden."),
        ("served", "messages of open sockets are served as before."),
        ("closed", "open sockets are closed."),
    ],
)
def test_a_deleted_stage_is_told_once_and_its_return_too(
    start: Start, rule: Any, words: str
) -> None:
    gateway = start(behaviour=Behaviour(deleted_stage=rule))
    reading = Reading(gateway)
    [said] = reading.hears(GONE.line())
    assert said == (
        "- stage production: The API is not published; run ws_sync."
        f" Handshakes and @connections are answered 403; {words}"
    )
    assert gateway.gateway.api.deleted.is_set()
    assert reading.hears(GONE.line()) == []
    assert reading.hears(GONE.line(), aloud=True) == ["Nothing is different."]
    assert reading.hears(SERVED.line()) == ["+ stage production"]
    assert not gateway.gateway.api.deleted.is_set()
    assert reading.hears(SERVED.line()) == []


def test_it_may_come_back_different(gateway: Running) -> None:
    reading = Reading(gateway)
    reading.hears(GONE.line())
    new = replace(
        SERVED, snapshot=snapshot("$connect", "$disconnect", "new"), api_id="new"
    )
    assert reading.hears(new.line()) == [
        "+ stage production",
        "- route $default",
        "+ route new",
    ]
    assert gateway.gateway.api.api_id == "new"


def test_it_stays_where_clients_and_django_look_for_it(gateway: Running) -> None:
    reading = Reading(gateway)
    api = replace(SERVED.snapshot.api, disable_execute_api_endpoint=True)
    domain = Domain(name="ws.example.com", certificate_arn="", mapping_key="chat")
    closed = replace(SERVED.snapshot, api=api, domain=domain)
    assert reading.hears(replace(SERVED, snapshot=closed).line()) == [
        "~ api",
        "The path stays '/production' until ws_local is started again.",
    ]
    assert plain(gateway, "GET", "/production")[0] == 426
    assert reading.hears(SERVED.line()) == ["~ api"]
    renamed = replace(SERVED.snapshot, stage=replace(SERVED.snapshot.stage, name="b"))
    assert reading.hears(replace(SERVED, snapshot=renamed).line()) == [
        "~ stage",
        "The stage stays 'production' until ws_local is started again.",
    ]
    assert plain(gateway, "GET", "/production")[0] == 426


def test_so_does_the_path_on_the_domain(start: Start) -> None:
    gateway = start(only("chat"))
    said = Reading(gateway).hears(replace(SERVED, snapshot=only("talk")).line())
    assert said[-1] == "The path stays '/chat' until ws_local is started again."
    assert plain(gateway, "GET", "/chat")[0] == 426
    assert plain(gateway, "GET", "/talk")[0] == 403


@pytest.mark.parametrize(
    ("line", "code"),
    [
        ("SyntaxError", 1),
        ("what?", 0),
        (replace(GONE, stage="beta").line(), 0),
    ],
    ids=["error", "nonsense", "another stage"],
)
def test_what_cannot_be_read_is_not_gone(
    gateway: Running, line: str, code: int
) -> None:
    [said] = Reading(gateway).hears(line, code=code)
    assert said.startswith("The routes cannot be read again, so they stay: ")
    with gateway.connect():
        pass
