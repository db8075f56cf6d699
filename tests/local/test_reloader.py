"""What a running gateway makes of the answer when it asks again what to serve."""

import asyncio
import sys
from dataclasses import replace
from typing import Any

import pytest

from tests.local.conftest import Start
from tests.local.running_gateway import RunningGateway, snapshot
from tests.local.test_connections_api import plain
from tests.local.test_disabled_endpoint import only
from wsrouter.catalog.snapshot import Domain
from wsrouter.local.process.api_description import (
    ApiDescription,
    DescriptionCommand,
    MissingStage,
)
from wsrouter.local.process.reloader import Reloader
from wsrouter.local.rules.behaviour import Behaviour

GONE = MissingStage(stage="production", reason="The API is not published; run ws_sync.")
SERVED = ApiDescription(snapshot=snapshot(), api_id="abc123defg")


class Reading:
    """Asks a command that says what the test wants it to say."""

    def __init__(self, gateway: RunningGateway) -> None:
        self.lines: list[str] = []
        self._loop = gateway.loop
        self._reloader = Reloader(
            address=("127.0.0.1", 9),
            description_command=DescriptionCommand(command=(), environment={}),
            gateway=gateway.gateway,
            description=SERVED,
            write_notice=self.lines.append,
        )

    def hears(self, line: str, *, code: int = 0, aloud: bool = False) -> list[str]:
        """What is said about it."""
        script = f"import sys; print({line!r}); sys.exit({code})"
        command = (sys.executable, "-c", script)
        self._reloader.description_command = DescriptionCommand(
            command=command, environment={}
        )
        del self.lines[:]
        learning = self._reloader.reload(report_unchanged=aloud)
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
    [said] = reading.hears(GONE.to_json())
    assert said == (
        "- stage production: The API is not published; run ws_sync."
        f" Handshakes and @connections are answered 403; {words}"
    )
    assert gateway.gateway.api.stage_deleted.is_set()
    assert reading.hears(GONE.to_json()) == []
    assert reading.hears(GONE.to_json(), aloud=True) == ["Nothing has changed."]
    assert reading.hears(SERVED.to_json()) == ["+ stage production"]
    assert not gateway.gateway.api.stage_deleted.is_set()
    assert reading.hears(SERVED.to_json()) == []


def test_it_may_come_back_different(gateway: RunningGateway) -> None:
    reading = Reading(gateway)
    reading.hears(GONE.to_json())
    new = replace(
        SERVED, snapshot=snapshot("$connect", "$disconnect", "new"), api_id="new"
    )
    assert reading.hears(new.to_json()) == [
        "+ stage production",
        "- route $default",
        "+ route new",
    ]
    assert gateway.gateway.api.api_id == "new"


def test_it_stays_where_clients_and_django_look_for_it(gateway: RunningGateway) -> None:
    reading = Reading(gateway)
    api = replace(SERVED.snapshot.api, disable_execute_api_endpoint=True)
    domain = Domain(name="ws.example.com", certificate_arn="", mapping_key="chat")
    closed = replace(SERVED.snapshot, api=api, domain=domain)
    assert reading.hears(replace(SERVED, snapshot=closed).to_json()) == [
        "~ api",
        "The path stays '/production' until ws_local is restarted.",
    ]
    assert plain(gateway, "GET", "/production")[0] == 426
    assert reading.hears(SERVED.to_json()) == ["~ api"]
    renamed = replace(SERVED.snapshot, stage=replace(SERVED.snapshot.stage, name="b"))
    assert reading.hears(replace(SERVED, snapshot=renamed).to_json()) == [
        "~ stage",
        "The stage stays 'production' until ws_local is restarted.",
    ]
    assert plain(gateway, "GET", "/production")[0] == 426


def test_so_does_the_path_on_the_domain(start: Start) -> None:
    gateway = start(only("chat"))
    said = Reading(gateway).hears(replace(SERVED, snapshot=only("talk")).to_json())
    assert said[-1] == "The path stays '/chat' until ws_local is restarted."
    assert plain(gateway, "GET", "/chat")[0] == 426
    assert plain(gateway, "GET", "/talk")[0] == 403


@pytest.mark.parametrize(
    ("line", "code"),
    [
        ("SyntaxError", 1),
        ("what?", 0),
        (replace(GONE, stage="beta").to_json(), 0),
    ],
    ids=["error", "nonsense", "another stage"],
)
def test_what_cannot_be_read_is_not_gone(
    gateway: RunningGateway, line: str, code: int
) -> None:
    [said] = Reading(gateway).hears(line, code=code)
    assert said.startswith("The routes cannot be reloaded, so they stay as they are: ")
    with gateway.connect():
        pass
