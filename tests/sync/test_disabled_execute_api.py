"""An API that only its custom domain leads to: published, drifted, opened again."""

import io
import json
from typing import Any

import pytest
from django.core.management import call_command

from tests.simulated_aws.control_plane import MemoryControlPlane
from tests.sync.bench import Bench
from tests.sync.commands import run
from tests.sync.test_domains import domains, mappings
from tests.sync.test_options import CERTIFICATE, assert_quiet
from wsrouter.options import publishing
from wsrouter.sync import render

DOMAIN = {"NAME": "ws.example.com", "CERTIFICATE": CERTIFICATE, "MAPPING_KEY": "chat"}
BOTH = publishing.domain(DOMAIN)
ALONE = {**DOMAIN, "DISABLE_EXECUTE_API_ENDPOINT": True}
EXECUTE_API_DISABLED = publishing.domain(ALONE)
MEMBER = "disable_execute_api_endpoint"
REFUSED = "! dangerous: connections and posts to the execute-api host will be refused"
OPEN = (
    "! dangerous: the execute-api host will accept connections again"
    " (DISABLE_EXECUTE_API_ENDPOINT in DOMAIN keeps it disabled)"
)


def disabled(bench: Bench) -> Any:
    return bench.server.get_api(ApiId=bench.api_id())["DisableExecuteApiEndpoint"]


def changes(bench: Bench) -> list[tuple[str, str, Any]]:
    return [
        (change.action, change.resource, change.fields.get(MEMBER))
        for change in bench.plan().changes
    ]


def by_hand(bench: Bench, value: bool) -> None:
    bench.server.update_api(ApiId=bench.api_id(), DisableExecuteApiEndpoint=value)


def test_disabled_and_enabled_again(modelled: Bench) -> None:
    modelled.change(domain=BOTH)
    modelled.run()
    assert disabled(modelled) is False
    modelled.change(domain=EXECUTE_API_DISABLED)
    assert changes(modelled) == [
        ("update", "api", (False, True)),
        ("create", "deployment", None),
    ]
    assert REFUSED in render.plan_text(modelled.plan()).splitlines()
    modelled.run()
    assert disabled(modelled) is True
    assert_quiet(modelled)
    modelled.change(domain=None)
    assert ("update", "api", (True, False)) in changes(modelled)
    assert OPEN in render.plan_text(modelled.plan()).splitlines()
    modelled.run()
    assert disabled(modelled) is False
    assert_quiet(modelled)


def test_a_first_publication_is_not_dangerous(memory: Bench) -> None:
    memory.change(domain=EXECUTE_API_DISABLED)
    assert "dangerous" not in render.plan_text(memory.plan())
    assert memory.run().url == "wss://ws.example.com/chat"
    assert_quiet(memory)


def test_what_is_deployed_has_it(memory: Bench) -> None:
    memory.change(domain=BOTH)
    memory.run()
    memory.change(domain=EXECUTE_API_DISABLED)
    memory.run()
    assert is_closed(memory)


def is_closed(bench: Bench) -> bool:
    """What counts is what was deployed."""
    (live,) = bench.server.live(bench.api_id(), "production")["api"].values()
    return bool(live["DisableExecuteApiEndpoint"])


def failing(bench: Bench, operation: str) -> None:
    def before(name: str) -> None:
        if name == operation:
            raise Failed

    bench.server.before = before


class Failed(Exception):
    """AWS did not do it."""


def test_a_domain_that_cannot_be_made_leaves_the_host_open(memory: Bench) -> None:
    memory.run()
    memory.change(domain=EXECUTE_API_DISABLED)
    failing(memory, "create_domain_name")
    with pytest.raises(Failed):
        memory.run()
    assert not is_closed(memory)
    failing(memory, "")
    memory.run()
    assert is_closed(memory)
    assert_quiet(memory)


def test_a_run_that_was_killed_does_not_forget_the_domain(memory: Bench) -> None:
    memory.run()
    memory.change(domain=EXECUTE_API_DISABLED)
    failing(memory, "create_deployment")
    with pytest.raises(Failed):
        memory.run()
    assert len(mappings(memory)) == 1
    failing(memory, "")
    memory.change(domain=None)
    memory.run()
    assert mappings(memory) == []
    assert_quiet(memory)


def test_the_domain_goes_only_once_the_host_is_open(memory: Bench) -> None:
    memory.change(domain=EXECUTE_API_DISABLED)
    memory.run()
    memory.change(domain=None)
    failing(memory, "create_deployment")
    with pytest.raises(Failed):
        memory.run(prune=True)
    assert len(mappings(memory)) == 1
    failing(memory, "")
    memory.run(prune=True)
    assert domains(memory) == []
    assert_quiet(memory)


def test_another_domain_is_there_before_the_former_one_goes(memory: Bench) -> None:
    memory.change(domain=EXECUTE_API_DISABLED)
    memory.run()
    del memory.server.calls[:]
    other = {**ALONE, "NAME": "new.example.com"}
    memory.change(domain=publishing.domain(other))
    memory.run(prune=True)
    writes = memory.server.writes
    assert writes.index("create_api_mapping") < writes.index("delete_api_mapping")
    assert domains(memory) == ["new.example.com"]
    assert_quiet(memory)


def test_killed_before_it_was_deployed(memory: Bench) -> None:
    memory.change(domain=BOTH)
    memory.run()
    memory.change(domain=EXECUTE_API_DISABLED)
    by_hand(memory, True)
    assert changes(memory) == [("create", "deployment", None)]


def test_disabled_by_hand_is_drift_that_is_marked(bench: Bench) -> None:
    bench.run()
    assert disabled(bench) is False
    by_hand(bench, True)
    assert changes(bench) == [
        ("update", "api", (True, False)),
        ("create", "deployment", None),
    ]
    assert OPEN in render.plan_text(bench.plan()).splitlines()
    bench.run()
    assert disabled(bench) is False
    assert_quiet(bench)


def test_enabled_by_hand_is_drift_too(memory: Bench) -> None:
    memory.change(domain=EXECUTE_API_DISABLED)
    memory.run()
    by_hand(memory, False)
    assert REFUSED in render.plan_text(memory.plan()).splitlines()
    memory.run()
    assert disabled(memory) is True


@pytest.fixture
def only(settings: Any) -> None:
    entry = {**settings.WSROUTER["default"], "DOMAIN": ALONE}
    settings.WSROUTER = {"default": entry}


def test_the_command_says_that_dns_comes_first(
    plane: MemoryControlPlane, only: None
) -> None:
    line = (
        "The execute-api host is disabled: clients and the application can reach"
        " the API only when DNS leads wss://ws.example.com/chat to it."
    )
    assert line in run("--no-input")[0].splitlines()
    assert line not in run("--no-input")[0]


def export(kind: str) -> str:
    out = io.StringIO()
    call_command("ws_export", kind, stdout=out)
    return out.getvalue()


def test_every_export_has_it(only: None) -> None:
    template = json.loads(export("cloudformation"))
    assert template["Resources"]["Api"]["Properties"]["DisableExecuteApiEndpoint"]
    assert template["Outputs"]["Url"]["Value"] == "wss://ws.example.com/chat"
    configuration = json.loads(export("terraform"))
    api = configuration["resource"]["aws_apigatewayv2_api"]["this"]
    assert api[MEMBER] is True
    assert configuration["output"]["url"]["value"] == "wss://ws.example.com/chat"
    assert "API settings > Edit > Default endpoint: Disabled" in export("console")


def test_an_export_without_it_is_as_ever(settings: Any) -> None:
    for domain in (None, DOMAIN):
        entry = {**settings.WSROUTER["default"], "DOMAIN": domain}
        settings.WSROUTER = {"default": entry}
        assert "DisableExecuteApiEndpoint" not in export("cloudformation")
        assert MEMBER not in export("terraform")
        assert "stage.this.invoke_url" in export("terraform")
        assert "Default endpoint" not in export("console")
