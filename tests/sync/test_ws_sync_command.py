"""The `ws_sync` command, from its arguments to its exit code."""

import json
import sys
from typing import Any

import pytest
from django.core.management.base import CommandError

from tests.simulated_aws.control_plane import MemoryControlPlane
from tests.sync.commands import exit_code, run
from wsrouter.management.commands.ws_sync import INTERRUPTED
from wsrouter.wiring import incoming


@pytest.fixture
def terminal(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """A terminal that answers with the words in the list."""
    answers: list[str] = []
    for stream in (sys.stdin, sys.stdout):
        monkeypatch.setattr(stream, "isatty", lambda: True, raising=False)
    monkeypatch.setattr("builtins.input", lambda prompt: answers.pop(0))
    return answers


def test_publishes(plane: MemoryControlPlane) -> None:
    out, _ = run("--no-input")

    assert "+ api shop" in out
    assert "Plan: " in out
    assert "[1/" in out
    assert out.splitlines()[-1].startswith("Clients connect to wss://api1.execute-api.")
    assert "create_deployment" in plane.server.writes


def test_second_run_is_in_sync(plane: MemoryControlPlane) -> None:
    run("--no-input")
    del plane.server.calls[:]
    out, _ = run("--no-input")

    assert "In sync: nothing to do." in out
    assert "Clients connect to wss://" in out
    assert plane.server.writes == []


@pytest.mark.parametrize("option", ["--plan", "--check"])
def test_looking_changes_nothing(plane: MemoryControlPlane, option: str) -> None:
    exit_code(option)

    assert plane.server.writes == []


def test_exit_codes(
    plane: MemoryControlPlane, capsys: pytest.CaptureFixture[str]
) -> None:
    assert exit_code("--plan") == 0
    assert exit_code("--check") == 2
    assert exit_code("--no-input") == 0
    assert exit_code("--check") == 0
    assert exit_code("--check", "--nonsense") == 1
    assert exit_code("--check", "--plan") == 1
    assert exit_code("--gateway", "nowhere", "--check") == 1
    assert "WSROUTER has no gateway 'nowhere'" in capsys.readouterr().err


def test_an_aws_error_is_one_sentence(plane: MemoryControlPlane) -> None:
    plane.server.refused_sources = {"context.connectionId"}

    with pytest.raises(CommandError, match="AWS refused CreateIntegration") as caught:
        run("--no-input")
    assert "\n" not in str(caught.value)


def test_a_wrong_setting_is_found_before_the_first_call(
    plane: MemoryControlPlane, settings: Any
) -> None:
    settings.WSROUTER = {"default": {**settings.WSROUTER["default"], "ENDPOINT": ""}}

    with pytest.raises(CommandError, match="ENDPOINT is missing"):
        run("--check")
    assert plane.server.calls == []


def test_json(plane: MemoryControlPlane) -> None:
    out, err = run("--json", "--no-input")
    values = json.loads(out)

    assert values["in_sync"] is False
    assert values["api_id"] == "api1"
    assert values["changes"][0]["resource"] == "api"
    assert "+ api shop" in err
    assert json.loads(run("--json", "--plan")[0])["changes"] == []


def test_no_secret_is_printed(plane: MemoryControlPlane, settings: Any) -> None:
    secret = settings.WSROUTER["default"]["SECRET"]
    new = {**settings.WSROUTER["default"], "SECRET": "n" * 40}
    texts = [*run("--no-input"), *run("--json", "--plan")]
    settings.WSROUTER = {"default": new}
    texts += [*run("--plan"), *run("--json", "--plan"), *run("--no-input")]

    printed = "".join(texts)
    assert "***" in printed
    assert secret not in printed
    assert "n" * 40 not in printed


def test_without_a_terminal_it_does_not_act(plane: MemoryControlPlane) -> None:
    with pytest.raises(CommandError, match="--no-input"):
        run()
    assert plane.server.writes == []


def test_without_a_terminal_there_may_be_nothing_to_do(
    plane: MemoryControlPlane, capsys: pytest.CaptureFixture[str]
) -> None:
    assert exit_code() == 1
    assert "+ api shop" in capsys.readouterr().out
    run("--no-input")

    assert exit_code() == 0
    assert "In sync: nothing to do." in capsys.readouterr().out
    assert exit_code("--destroy") == 1
    run("--no-input", "--destroy")
    assert exit_code("--destroy") == 0


def test_asks_on_a_terminal(plane: MemoryControlPlane, terminal: list[str]) -> None:
    terminal += ["", "no", "y"]
    for _ in range(2):
        with pytest.raises(CommandError, match="Nothing was changed"):
            run()
    assert plane.server.writes == []
    run()
    assert plane.server.writes != []
    run()
    assert terminal == []


@pytest.mark.parametrize("key", [EOFError, KeyboardInterrupt], ids=["^D", "^C"])
def test_no_answer_is_a_no(
    plane: MemoryControlPlane,
    terminal: list[str],
    monkeypatch: pytest.MonkeyPatch,
    key: type[BaseException],
) -> None:
    def pressed(_: str) -> str:
        raise key

    monkeypatch.setattr("builtins.input", pressed)
    with pytest.raises(CommandError, match="Nothing was changed"):
        run()
    assert plane.server.writes == []


def test_an_interrupted_run_says_what_to_do(
    plane: MemoryControlPlane, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupt(operation: str) -> None:
        if operation == "create_route":
            raise KeyboardInterrupt

    plane.server.before = interrupt
    with pytest.raises(CommandError, match=INTERRUPTED):
        run("--no-input")


def test_prune(plane: MemoryControlPlane) -> None:
    run("--no-input")
    (integration,) = plane.integrations("api1")
    target = f"integrations/{integration.id}"
    plane.server.create_route(ApiId="api1", RouteKey="old", Target=target)

    assert "! route old is stale" in run("--plan")[0]
    assert "- route old" in run("--no-input", "--prune")[0]
    assert "old" not in run("--plan")[0]


def test_a_strict_check_counts_what_the_code_does_not_have(
    plane: MemoryControlPlane, capsys: pytest.CaptureFixture[str]
) -> None:
    run("--no-input")
    assert exit_code("--check", "--strict") == 0
    (integration,) = plane.integrations("api1")
    other = plane.server.create_integration(ApiId="api1", IntegrationType="MOCK")
    for key, made in (("old", integration.id), ("legacy", other["IntegrationId"])):
        target = f"integrations/{made}"
        plane.server.create_route(ApiId="api1", RouteKey=key, Target=target)
    run("--no-input")
    capsys.readouterr()

    assert exit_code("--check") == 0
    assert (
        "In sync: nothing to do. (--check --strict counts 1 stale route and 1 unmanaged"
        " route as drift.)"
    ) in capsys.readouterr().out
    assert exit_code("--check", "--strict") == 2
    printed = capsys.readouterr().out
    assert "In sync" not in printed
    assert "Not in sync (--strict): 1 stale route and 1 unmanaged route." in printed
    assert exit_code("--check", "--strict", "--json") == 2
    values = json.loads(capsys.readouterr().out)
    assert (values["in_sync"], values["stale"]) == (False, ["old"])
    assert exit_code("--strict", "--no-input") == 1
    assert "--check" in capsys.readouterr().err


@pytest.mark.parametrize("kind", ["stale", "unmanaged"])
def test_one_route_too_many_is_strict_drift(
    plane: MemoryControlPlane, kind: str
) -> None:
    run("--no-input")
    (ours,) = plane.integrations("api1")
    other = plane.server.create_integration(ApiId="api1", IntegrationType="MOCK")
    used = ours.id if kind == "stale" else other["IntegrationId"]
    plane.server.create_route(
        ApiId="api1", RouteKey="another", Target=f"integrations/{used}"
    )
    run("--no-input")

    assert exit_code("--check", "--strict") == 2
    assert exit_code("--check") == 0


def move_endpoint(settings: Any) -> None:
    entry = {**settings.WSROUTER["default"], "ENDPOINT": "https://other.example/ws/"}
    settings.WSROUTER = {"default": entry}


def test_a_dangerous_plan_needs_consent(
    plane: MemoryControlPlane, settings: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    run("--no-input")
    move_endpoint(settings)
    del plane.server.calls[:]

    assert exit_code("--no-input") == 1
    printed = capsys.readouterr()
    assert "! dangerous: every message" in printed.out
    assert "moves from www.example.com to other.example" in printed.err
    assert "--allow-dangerous" in printed.err
    assert plane.server.writes == []
    assert exit_code("--no-input", "--allow-dangerous") == 0
    assert exit_code("--check") == 0


def test_a_person_may_agree_to_danger(
    plane: MemoryControlPlane, settings: Any, terminal: list[str]
) -> None:
    run("--no-input")
    move_endpoint(settings)
    terminal += ["y"]
    run()

    assert exit_code("--check") == 0


def test_where_to(plane: MemoryControlPlane) -> None:
    arguments = ("--endpoint-url", "http://x", "--region", "r", "--profile", "p")
    run("--plan", *arguments)

    assert plane.asked == [  # type: ignore[attr-defined]
        {"alias": "default", "endpoint_url": "http://x", "region": "r", "profile": "p"}
    ]


def test_on_ministack(ministack_url: str, settings: Any) -> None:
    entry = {**settings.WSROUTER["default"], "API_NAME": "the command"}
    settings.WSROUTER = {"default": entry}
    where = ("--endpoint-url", ministack_url)

    assert exit_code("--check", *where) == 2
    assert "Clients connect to ws://" in run("--no-input", *where)[0]
    assert "In sync: nothing to do." in run("--no-input", *where)[0]
    assert exit_code("--check", *where) == 0


def without_secret(settings: Any) -> None:
    entry = {**settings.WSROUTER["default"], "SECRET": None}
    settings.WSROUTER = {"default": entry}


def test_a_check_without_the_secret_says_so(
    plane: MemoryControlPlane,
    settings: Any,
    capsys: pytest.CaptureFixture[str],
) -> None:
    run("--no-input")
    without_secret(settings)

    assert exit_code("--check") == 0
    assert "The secret was not compared" in capsys.readouterr().out
    assert exit_code("--check", "--json") == 0
    printed = capsys.readouterr()
    assert json.loads(printed.out)["in_sync"] is True
    assert "The secret was not compared" in printed.err
    assert exit_code("--plan") == 1
    assert "SECRET is missing" in capsys.readouterr().err


def test_adopt_and_deep_reach_the_plan(plane: MemoryControlPlane) -> None:
    run("--no-input")
    other = plane.server.create_integration(ApiId="api1", IntegrationType="MOCK")
    (echo,) = [
        route for route in plane.routes("api1") if route.route.key == "shop.echo"
    ]
    plane.server.update_route(
        ApiId="api1",
        RouteId=echo.id,
        Target=f"integrations/{other['IntegrationId']}",
    )

    with pytest.raises(CommandError, match="--adopt"):
        run("--plan")
    with pytest.raises(CommandError, match="--allow-dangerous"):
        run("--no-input", "--adopt")
    adopted = run("--no-input", "--adopt", "--allow-dangerous")[0]
    assert "~ route shop.echo" in adopted
    del plane.server.calls[:]
    run("--plan", "--deep")
    assert "get_route_responses" in [name for name, _ in plane.server.calls]


def test_destroy(plane: MemoryControlPlane, terminal: list[str]) -> None:
    run("--no-input")
    assert "- api api1" in run("--destroy", "--plan")[0]
    values = json.loads(run("--destroy", "--plan", "--json")[0])
    assert values["changes"] == [
        {"action": "delete", "resource": "api", "key": "api1", "fields": {}}
    ]
    terminal += ["n"]
    with pytest.raises(CommandError, match="Nothing was changed"):
        run("--destroy")
    run("--destroy", "--no-input")
    assert list(plane.apis()) == []
    assert "Nothing to destroy." in run("--destroy", "--no-input")[0]
    assert exit_code("--destroy", "--check") == 1


def test_rotation_of_the_secret(plane: MemoryControlPlane, settings: Any) -> None:
    """Accept both, publish, drop the old one: never is a request refused."""

    def configured(*secrets: str) -> None:
        entry = {**settings.WSROUTER["default"], "SECRET": list(secrets)}
        settings.WSROUTER = {"default": entry}

    def published() -> str:
        (found,) = plane.integrations("api1")
        name = "integration.request.header.X-Wsrouter-Secret"
        return found.integration.request_parameters[name].strip("'")

    old, new = "o" * 40, "n" * 40
    configured(old)
    run("--no-input")
    for step in ((old, new), (new, old), (new,)):
        configured(*step)
        assert published() in incoming.accepted_secrets("default")
        run("--no-input")
        assert published() == step[0]
        assert published() in incoming.accepted_secrets("default")
