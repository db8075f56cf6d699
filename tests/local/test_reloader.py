"""How a running gateway reloads its API, and what it reports."""

import asyncio
import sys
from dataclasses import replace
from typing import Any

import pytest

from tests.local.conftest import Start
from tests.local.running_gateway import RunningGateway, snapshot
from tests.local.test_connections_api import plain
from tests.local.test_disabled_endpoint import domain_only
from wsrouter.catalog.snapshot import Domain
from wsrouter.local.process.api_description import (
    ApiDescription,
    DescriptionCommand,
    MissingStage,
)
from wsrouter.local.process.reloader import Reloader
from wsrouter.local.rules.behaviour import Behaviour

MISSING = MissingStage(
    stage="production", reason="The API is not published; run ws_sync."
)
SERVED = ApiDescription(snapshot=snapshot(), api_id="abc123defg")


class ReloadHarness:
    """Reloads from a command that prints what the test chooses."""

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

    def reload(
        self, line: str, *, code: int = 0, report_unchanged: bool = False
    ) -> list[str]:
        """The notices of a reload whose command prints `line` and exits with `code`."""
        script = f"import sys; print({line!r}); sys.exit({code})"
        command = (sys.executable, "-c", script)
        self._reloader.description_command = DescriptionCommand(
            command=command, environment={}
        )
        del self.lines[:]
        reloading = self._reloader.reload(report_unchanged=report_unchanged)
        asyncio.run_coroutine_threadsafe(reloading, self._loop).result(30)
        return list(self.lines)


@pytest.mark.parametrize(
    ("rule", "words"),
    [
        ("forbidden", "messages of open sockets are Forbidden."),
        ("served", "messages of open sockets are served as before."),
        ("closed", "open sockets are closed."),
    ],
)
def test_a_deleted_and_a_restored_stage_are_reported_once(
    start: Start, rule: Any, words: str
) -> None:
    gateway = start(behaviour=Behaviour(deleted_stage=rule))
    harness = ReloadHarness(gateway)
    [notice] = harness.reload(MISSING.to_json())
    assert notice == (
        "- stage production: The API is not published; run ws_sync."
        f" Handshakes and @connections are answered 403; {words}"
    )
    assert gateway.gateway.api.stage_deleted.is_set()
    assert harness.reload(MISSING.to_json()) == []
    assert harness.reload(MISSING.to_json(), report_unchanged=True) == [
        "Nothing has changed."
    ]
    assert harness.reload(SERVED.to_json()) == ["+ stage production"]
    assert not gateway.gateway.api.stage_deleted.is_set()
    assert harness.reload(SERVED.to_json()) == []


def test_a_restored_stage_may_differ(gateway: RunningGateway) -> None:
    harness = ReloadHarness(gateway)
    harness.reload(MISSING.to_json())
    new = replace(
        SERVED, snapshot=snapshot("$connect", "$disconnect", "new"), api_id="new"
    )
    assert harness.reload(new.to_json()) == [
        "+ stage production",
        "- route $default",
        "+ route new",
    ]
    assert gateway.gateway.api.api_id == "new"


def test_the_address_stays_for_clients_and_django(gateway: RunningGateway) -> None:
    harness = ReloadHarness(gateway)
    api = replace(SERVED.snapshot.api, disable_execute_api_endpoint=True)
    domain = Domain(name="ws.example.com", certificate_arn="", mapping_key="chat")
    closed = replace(SERVED.snapshot, api=api, domain=domain)
    assert harness.reload(replace(SERVED, snapshot=closed).to_json()) == [
        "~ api",
        "The path stays '/production' until ws_local is restarted.",
    ]
    assert plain(gateway, "GET", "/production")[0] == 426
    assert harness.reload(SERVED.to_json()) == ["~ api"]
    renamed = replace(SERVED.snapshot, stage=replace(SERVED.snapshot.stage, name="b"))
    assert harness.reload(replace(SERVED, snapshot=renamed).to_json()) == [
        "~ stage",
        "The stage stays 'production' until ws_local is restarted.",
    ]
    assert plain(gateway, "GET", "/production")[0] == 426


def test_the_path_on_the_domain_stays_too(start: Start) -> None:
    gateway = start(domain_only("chat"))
    notices = ReloadHarness(gateway).reload(
        replace(SERVED, snapshot=domain_only("talk")).to_json()
    )
    assert notices[-1] == "The path stays '/chat' until ws_local is restarted."
    assert plain(gateway, "GET", "/chat")[0] == 426
    assert plain(gateway, "GET", "/talk")[0] == 403


@pytest.mark.parametrize(
    ("line", "code"),
    [
        ("SyntaxError", 1),
        ("what?", 0),
        (replace(MISSING, stage="beta").to_json(), 0),
    ],
    ids=["error", "nonsense", "another stage"],
)
def test_a_failed_reload_does_not_delete_the_stage(
    gateway: RunningGateway, line: str, code: int
) -> None:
    [notice] = ReloadHarness(gateway).reload(line, code=code)
    assert notice.startswith(
        "The routes cannot be reloaded, so they stay as they are: "
    )
    with gateway.connect():
        pass
