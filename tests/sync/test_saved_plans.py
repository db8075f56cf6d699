"""Plans in files: `ws_sync --out` and `ws_sync --apply`."""

import json
import stat
from pathlib import Path
from typing import Any

import pytest
from django.core.management.base import CommandError

from tests.simulated_aws.control_plane import MemoryControlPlane
from tests.sync.bench import OTHER_SECRET, Bench
from tests.sync.commands import exit_code, run
from tests.sync.test_options import ON_AWS, ON_BOTH, a_typed_spec
from tests.sync.test_ws_sync_command import move_endpoint
from wsrouter.errors import SyncError
from wsrouter.sync.location import Location
from wsrouter.sync.publish import publish
from wsrouter.sync.saved_plan import load, saved


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "plan.json"


def change(settings: Any, **changed: Any) -> None:
    entry = {**settings.WSROUTER["default"], **changed}
    settings.WSROUTER = {"default": entry}


def apply(file: Path, *arguments: str) -> tuple[str, str]:
    return run("--apply", str(file), "--no-input", *arguments)


def refused(plane: MemoryControlPlane, file: Path, reason: str) -> None:
    """The plan is refused for that reason, and nothing is written."""
    del plane.server.calls[:]
    with pytest.raises(CommandError, match=reason) as caught:
        apply(file, "--allow-dangerous")
    assert "\n" not in str(caught.value)
    assert plane.server.writes == []


def test_a_plan_is_saved_and_carried_out(plane: MemoryControlPlane, file: Path) -> None:
    out, _ = run("--out", str(file))
    assert "+ api shop" in out
    assert f"ws_sync --apply {file}" in out
    assert plane.server.writes == []

    out, _ = apply(file)
    assert "+ api shop" in out
    assert "Clients connect to wss://" in out
    assert exit_code("--check") == 0


def test_only_its_owner_can_read_the_file(
    plane: MemoryControlPlane, file: Path
) -> None:
    file.write_text("an older one")
    file.chmod(0o644)
    run("--out", str(file))

    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert list(file.parent.iterdir()) == [file]


def test_the_secret_is_not_in_the_file(
    plane: MemoryControlPlane, file: Path, settings: Any
) -> None:
    first = settings.WSROUTER["default"]["SECRET"]
    run("--no-input")
    change(settings, SECRET=OTHER_SECRET)
    run("--out", str(file))

    assert first not in file.read_text()
    assert OTHER_SECRET not in file.read_text()
    apply(file)
    assert exit_code("--check") == 0


def test_a_pipeline_checks_and_saves_at_once(
    plane: MemoryControlPlane, file: Path, settings: Any
) -> None:
    assert exit_code("--check", "--out", str(file)) == 2
    apply(file)
    assert exit_code("--check", "--out", str(file)) == 0
    del plane.server.calls[:]
    assert "In sync: nothing to do." in apply(file)[0]
    assert plane.server.writes == []


def test_the_plan_is_carried_out_and_not_what_the_code_has_become(
    plane: MemoryControlPlane, file: Path, settings: Any
) -> None:
    run("--no-input")
    change(settings, TIMEOUT=5)
    run("--out", str(file))
    change(settings, TIMEOUT=7, STAGE="another")
    apply(file)

    (integration,) = plane.integrations("api1")
    assert integration.integration.timeout_millis == 5000
    assert [record.stage.name for record in plane.stages("api1")] == ["production"]


def test_options_are_saved_with_the_plan(plane: MemoryControlPlane, file: Path) -> None:
    run("--no-input")
    (integration,) = plane.integrations("api1")
    target = f"integrations/{integration.id}"
    plane.server.create_route(ApiId="api1", RouteKey="old", Target=target)
    run("--out", str(file), "--prune")
    apply(file)

    assert "old" not in [record.route.key for record in plane.routes("api1")]


def test_another_secret_is_refused(
    plane: MemoryControlPlane, file: Path, settings: Any
) -> None:
    run("--out", str(file))
    change(settings, SECRET=OTHER_SECRET)
    refused(plane, file, "SECRET is not the one that the plan was made with")
    change(settings, SECRET=None)
    refused(plane, file, "needs the SECRET")


def a_route_by_hand(plane: MemoryControlPlane) -> None:
    other = plane.server.create_integration(ApiId="api1", IntegrationType="MOCK")
    target = f"integrations/{other['IntegrationId']}"
    plane.server.create_route(ApiId="api1", RouteKey="legacy", Target=target)


def another_timeout(plane: MemoryControlPlane) -> None:
    (found,) = plane.integrations("api1")
    plane.server.update_integration(
        ApiId="api1", IntegrationId=found.id, TimeoutInMillis=1234
    )


def another_secret(plane: MemoryControlPlane) -> None:
    (found,) = plane.integrations("api1")
    name = "integration.request.header.X-Wsrouter-Secret"
    plane.server.update_integration(
        ApiId="api1",
        IntegrationId=found.id,
        RequestParameters={name: "'by-hand-0123456789-0123456789-0123456789'"},
    )


def another_deployment(plane: MemoryControlPlane) -> None:
    made = plane.server.create_deployment(ApiId="api1", Description="by hand")
    plane.server.update_stage(
        ApiId="api1", StageName="production", DeploymentId=made["DeploymentId"]
    )


def the_plan_itself(plane: MemoryControlPlane) -> None:
    run("--no-input", "--allow-dangerous")


def removal(plane: MemoryControlPlane) -> None:
    run("--no-input", "--destroy")


@pytest.mark.parametrize(
    "happens",
    [
        a_route_by_hand,
        another_timeout,
        another_secret,
        another_deployment,
        the_plan_itself,
        removal,
    ],
)
def test_another_world_is_refused(
    plane: MemoryControlPlane, file: Path, settings: Any, happens: Any
) -> None:
    run("--no-input")
    change(settings, SECRET=OTHER_SECRET, TIMEOUT=5)
    run("--out", str(file))
    happens(plane)

    refused(plane, file, "what is deployed has changed since")


def test_the_refusal_names_what_has_changed(
    plane: MemoryControlPlane, file: Path, settings: Any
) -> None:
    run("--no-input")
    change(settings, TIMEOUT=5)
    run("--out", str(file))
    another_timeout(plane)

    refused(plane, file, r"\(update integration wsrouter:default\)")


def test_a_plan_holds_once(plane: MemoryControlPlane, file: Path) -> None:
    run("--out", str(file))
    apply(file)
    refused(plane, file, "create api shop, .* and 7 more")


def test_danger_needs_consent_here_too(
    plane: MemoryControlPlane, file: Path, settings: Any
) -> None:
    run("--no-input")
    move_endpoint(settings)
    run("--out", str(file))
    del plane.server.calls[:]

    with pytest.raises(CommandError, match="--allow-dangerous"):
        apply(file)
    assert plane.server.writes == []
    apply(file, "--allow-dangerous")
    assert exit_code("--check") == 0


def test_without_a_terminal_applying_needs_no_input(
    plane: MemoryControlPlane, file: Path
) -> None:
    run("--out", str(file))
    with pytest.raises(CommandError, match="--no-input"):
        run("--apply", str(file))
    assert plane.server.writes == []


def edit(file: Path, *path: str, value: Any) -> None:
    values = json.loads(file.read_text())
    inner = values
    for name in path[:-1]:
        inner = inner[name]
    inner[path[-1]] = value
    file.write_text(json.dumps(values))


@pytest.mark.parametrize(
    "path",
    [("wanted", "integration", "uri"), ("target", "api_id"), ("location", "region")],
)
def test_an_edited_plan_is_refused(
    plane: MemoryControlPlane, file: Path, path: tuple[str, ...]
) -> None:
    run("--out", str(file))
    edit(file, *path, value="eu-west-1" if path[-1] != "region" else "")

    with pytest.raises(CommandError, match=r"not as it was|another control plane"):
        apply(file)
    assert [name for name, _ in plane.server.calls if name.startswith("create")] == []


@pytest.mark.parametrize("signature", ["", None, 1, "\u00e9", "\ud800", "0" * 64])
def test_another_signature_is_refused(
    plane: MemoryControlPlane, file: Path, signature: Any
) -> None:
    run("--out", str(file))
    edit(file, "signature", value=signature)
    refused(plane, file, "the file is not as it was saved")


@pytest.mark.parametrize(
    "text",
    ["", "[]", "{}", "null", '{"signature": 1}', "\xff", "[" * 100_000, "9" * 5000],
)
def test_other_files_are_refused(
    plane: MemoryControlPlane, file: Path, text: str
) -> None:
    file.write_bytes(text.encode("latin-1"))
    refused(plane, file, "not a plan that ws_sync saved")


def test_incomplete_plans_are_refused(plane: MemoryControlPlane, file: Path) -> None:
    run("--out", str(file))
    for name in ("wanted", "target", "digest"):
        values = json.loads(file.read_text())
        other = file.with_name(name)
        other.write_text(json.dumps({**values, name: "?"}))
        refused(plane, other, "not a plan that ws_sync saved")
    edit(file, "wsrouter_plan", value=99)
    refused(plane, file, "another version")


def test_files_that_cannot_be(plane: MemoryControlPlane, tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="cannot be read: No such file"):
        apply(tmp_path / "missing")
    with pytest.raises(CommandError, match="cannot be written: No such file"):
        run("--out", str(tmp_path / "missing" / "plan"))
    with pytest.raises(CommandError, match="is not a file"):
        run("--out", str(tmp_path))


@pytest.mark.parametrize(
    "arguments",
    [
        ("--apply", "f", "--out", "g"),
        ("--apply", "f", "--plan"),
        ("--apply", "f", "--check"),
        ("--apply", "f", "--prune"),
        ("--apply", "f", "--adopt"),
        ("--apply", "f", "--destroy"),
        ("--out", "f", "--destroy"),
    ],
)
def test_wrong_usage(plane: MemoryControlPlane, arguments: tuple[str, ...]) -> None:
    assert exit_code(*arguments) == 1
    assert plane.server.calls == []


def test_a_plan_goes_where_it_was_made(
    plane: MemoryControlPlane, file: Path, settings: Any
) -> None:
    run("--out", str(file), "--region", "eu-north-1", "--endpoint-url", "http://x")
    with pytest.raises(CommandError, match="saved for --region eu-north-1"):
        apply(file, "--region", "eu-west-1")
    apply(file)
    made = plane.asked[-1]  # type: ignore[attr-defined]
    assert (made["region"], made["endpoint_url"]) == ("eu-north-1", "http://x")

    run("--out", str(file))
    change(settings, AWS={"ENDPOINT_URL": "http://127.0.0.1:1"})
    refused(plane, file, "another control plane")


def test_json(plane: MemoryControlPlane, file: Path) -> None:
    out, err = run("--out", str(file), "--json")
    assert json.loads(out)["changes"][0]["resource"] == "api"
    assert f"--apply {file}" in err
    out, _ = apply(file, "--json")
    assert json.loads(out)["api_id"] == "api1"


def test_it_holds_on_each_server(bench: Bench) -> None:
    secret = bench.gateway.secrets[0]
    file = saved(bench.plan(), Location(), secret)
    publish(bench.plane, load(file).prepare(bench.plane, secret), sleep=lambda _: None)
    assert bench.plan().in_sync
    bench.change(timeout=5.0)
    file = saved(bench.plan(), Location(), secret)
    publish(bench.plane, load(file).prepare(bench.plane, secret), sleep=lambda _: None)

    assert bench.plan().in_sync
    with pytest.raises(SyncError, match="has changed since"):
        load(file).prepare(bench.plane, secret)


def test_every_option_of_a_gateway_can_be_saved(memory: Bench) -> None:
    memory.spec = a_typed_spec()
    memory.change(**ON_BOTH, **ON_AWS)
    secret = memory.gateway.secrets[0]
    plan = memory.plan()

    assert load(saved(plan, Location(), secret)).prepare(memory.plane, secret) == plan


def test_a_run_does_not_go_on_into_a_danger_that_nobody_agreed_to(
    memory: Bench,
) -> None:
    memory.run()
    memory.change(reply_via="connection")
    api_id, routes = memory.api_id(), memory.routes()
    (integration,) = memory.integrations()

    def interfere(operation: str) -> None:
        if operation == "update_route":
            memory.server.before = lambda _: None
            memory.server.update_integration(
                ApiId=api_id,
                IntegrationId=integration["IntegrationId"],
                IntegrationUri="https://elsewhere.example/",
            )
            for route in routes.values():
                memory.server.delete_route(ApiId=api_id, RouteId=route["RouteId"])

    memory.server.before = interfere
    with pytest.raises(SyncError, match=r"moves from elsewhere\.example"):
        memory.run()
    assert memory.integrations()[0]["IntegrationUri"] == "https://elsewhere.example/"
