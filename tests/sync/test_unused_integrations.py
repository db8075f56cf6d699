"""Integrations of another tool that no route uses any more."""

import json

import pytest
from django.core.management.base import CommandError

from tests.simulated_aws.control_plane import MemoryControlPlane
from tests.sync.bench import Bench, a_spec
from tests.sync.commands import exit_code, run
from tests.sync.test_ownership import a_foreign_route
from wsrouter.errors import SyncError
from wsrouter.sync import render


def adopting(bench: Bench) -> tuple[str, str]:
    """An API of another tool with two routes of ours; the ids of its integrations."""
    bench.run()
    found = a_foreign_route(bench, "legacy.one"), a_foreign_route(bench, "legacy.two")
    bench.spec = a_spec("legacy.one", "legacy.two")
    return found


def test_what_is_adopted_leaves_is_listed(bench: Bench) -> None:
    found = adopting(bench)
    for plan in (bench.plan(adopt=True), bench.run(adopt=True).plan, bench.plan()):
        assert set(plan.unused_integrations) == set(found)
        text = render.plan_text(plan)
        for integration_id in found:
            assert f"integration {integration_id} (" in text
            assert f"--remove-integration {integration_id} deletes it" in text
    assert bench.plan().in_sync


def test_an_unused_integration_is_removed_by_name(bench: Bench) -> None:
    one, two = adopting(bench)
    bench.run(adopt=True)
    plan = bench.plan(remove_integrations=(one,))

    assert [(change.action, change.key) for change in plan.changes] == [("delete", one)]
    assert set(plan.unused_integrations) == {two}
    bench.run(remove_integrations=(one,))
    left = {found["IntegrationId"] for found in bench.integrations()}
    assert two in left
    assert one not in left
    assert bench.plan(remove_integrations=(one,)).in_sync


def test_adoption_and_removal_in_one_run(bench: Bench) -> None:
    found = adopting(bench)
    plan = bench.plan(adopt=True, remove_integrations=found)

    keys = [change.key for change in plan.changes if change.resource == "integration"]
    assert set(keys) == set(found)
    assert plan.unused_integrations == {}
    bench.run(adopt=True, remove_integrations=found)
    assert len(bench.integrations()) == 1
    assert bench.plan().in_sync


def test_what_a_route_uses_is_not_removed(bench: Bench) -> None:
    bench.run()
    used = a_foreign_route(bench, "legacy")
    assert bench.plan().unused_integrations == {}

    with pytest.raises(SyncError, match="the route 'legacy' uses it"):
        bench.run(remove_integrations=(used,))
    ours = bench.plan().deployed.integration_id
    with pytest.raises(SyncError, match="wsrouter's own"):
        bench.run(remove_integrations=(ours,))
    assert len(bench.integrations()) == 2


def test_the_command(
    plane: MemoryControlPlane, capsys: pytest.CaptureFixture[str]
) -> None:
    run("--no-input")
    for _ in range(2):
        plane.server.create_integration(ApiId="api1", IntegrationType="MOCK")
    ids = json.loads(run("--plan", "--json")[0])["unused_integrations"]
    assert set(ids.values()) == {"MOCK"}

    assert exit_code("--check") == 0
    assert exit_code("--check", "--strict") == 2
    assert "Not in sync (--strict): 2 unused integrations." in capsys.readouterr().out
    options = [part for found in ids for part in ("--remove-integration", found)]
    out = run("--no-input", *options)[0]
    assert all(f"- integration {found}" in out for found in ids)
    assert exit_code("--check", "--strict") == 0
    with pytest.raises(CommandError, match="cannot be combined with --destroy"):
        run("--destroy", "--remove-integration", "x")
