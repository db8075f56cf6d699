"""The plan: its order, its text and its JSON; no server involved."""

import json
from dataclasses import replace
from itertools import permutations

from tests.sync.bench import SECRET, a_gateway, a_spec
from wsrouter.catalog.snapshot import RouteEntry, Snapshot
from wsrouter.sync import render
from wsrouter.sync.deployed import Deployed
from wsrouter.sync.diff import differences
from wsrouter.sync.digest import digest
from wsrouter.sync.plan import Options, plan_changes
from wsrouter.sync.server_quirks import ServerQuirks
from wsrouter.sync.target import Target
from wsrouter.sync.wanted import wanted_snapshot

GATEWAY = a_gateway(api_name="shop")
TARGET = Target.of(GATEWAY)
WANTED = wanted_snapshot(GATEWAY, a_spec("a", "b"))


def deployed_as(snapshot: Snapshot, **changes: object) -> Deployed:
    found = Deployed(
        api_id="abc",
        api=snapshot.api,
        integration_id="int",
        integration=snapshot.integration,
        routes=snapshot.routes,
        route_ids={key: f"id-{key}" for key in snapshot.routes},
        stage=snapshot.stage,
        digest=digest(snapshot, kept={}),
    )
    return replace(found, **changes)


def test_no_difference() -> None:
    assert list(differences(WANTED, deployed_as(WANTED))) == []
    assert plan_changes(TARGET, WANTED, deployed_as(WANTED)).in_sync


def test_everything_is_created_before_it_is_used() -> None:
    found = plan_changes(TARGET, WANTED, Deployed())

    kinds = [change.resource for change in found.changes]
    order = ["api", "integration", "route", "route_response", "stage", "deployment"]
    assert list(dict.fromkeys(kinds)) == order
    assert {change.action for change in found.changes} == {"create"}


def test_nothing_but_the_deployment_is_missing() -> None:
    found = plan_changes(TARGET, WANTED, deployed_as(WANTED, digest=None))

    assert [change.resource for change in found.changes] == ["deployment"]
    assert not found.in_sync


def test_the_order_in_which_routes_were_read_does_not_matter() -> None:
    for keys in permutations(WANTED.routes):
        routes = {key: WANTED.routes[key] for key in keys}
        assert plan_changes(TARGET, WANTED, deployed_as(WANTED, routes=routes)).in_sync


def test_missing_empty_and_none_are_the_same() -> None:
    bare = replace(WANTED, api=replace(WANTED.api, tags={}))
    padded = replace(bare, api=replace(bare.api, tags={"": ""}))

    assert not list(differences(bare, deployed_as(padded)))
    assert not list(differences(padded, deployed_as(bare)))


def test_tags_of_others_are_left_alone() -> None:
    api = replace(WANTED.api, tags={**WANTED.api.tags, "cost": "x"})

    assert plan_changes(TARGET, WANTED, deployed_as(WANTED, api=api)).in_sync


def test_a_missing_optional_mapping_is_no_drift() -> None:
    parameters = {
        target: source
        for target, source in WANTED.integration.request_parameters.items()
        if "Disconnect" not in target
    }
    integration = replace(WANTED.integration, request_parameters=parameters)

    found = deployed_as(WANTED, integration=integration)
    assert plan_changes(TARGET, WANTED, found).in_sync


def test_json() -> None:
    stale = RouteEntry(key="old", two_way=True, has_response=True)
    routes = {**WANTED.routes, "old": stale}
    integration = replace(WANTED.integration, timeout_millis=50)
    found = plan_changes(
        TARGET,
        WANTED,
        deployed_as(
            WANTED, routes=routes, integration=integration, unmanaged={"legacy": "x"}
        ),
    )
    values = json.loads(json.dumps(render.json_values(found)))

    assert values["gateway"] == "default"
    assert values["api_id"] == "abc"
    assert values["in_sync"] is False
    assert values["stale"] == ["old"]
    assert values["unmanaged"] == ["legacy"]
    assert values["changes"][0] == {
        "action": "update",
        "resource": "integration",
        "key": "wsrouter:default",
        "fields": {"timeout_millis": [50, 29000]},
    }
    assert set(values) == {
        "gateway",
        "api_id",
        "in_sync",
        "changes",
        "stale",
        "unmanaged",
    }


def test_text() -> None:
    integration = replace(WANTED.integration, timeout_millis=50)
    text = render.plan_text(
        plan_changes(TARGET, WANTED, deployed_as(WANTED, integration=integration))
    )

    assert text.splitlines() == [
        "Gateway default, abc, stage production",
        "~ integration wsrouter:default",
        "      timeout_millis: 50 -> 29000",
        "+ deployment production",
        "Plan: 1 to create, 1 to update, 0 to delete.",
    ]


def test_a_first_plan_shows_its_values() -> None:
    text = render.plan_text(plan_changes(TARGET, WANTED, Deployed()))
    lines = text.splitlines()

    at = lines.index("+ integration wsrouter:default")
    shown = [line.strip() for line in lines[at + 1 : lines.index("+ route $connect")]]
    assert "uri: https://www.example.com/ws/" in shown
    assert "timeout_millis: 29000" in shown
    secret = "request_parameters.integration.request.header.X-Wsrouter-Secret"
    assert f"{secret}: ***" in shown
    assert SECRET not in text
    assert "      name: shop" in lines
    assert "      route_selection_expression: $request.body.action" in lines
    assert "      tags.wsrouter:gateway: shop" in lines
    assert "->" not in text
    assert lines[-2] == "+ deployment production"


def test_a_deletion_shows_what_is_lost() -> None:
    stale = RouteEntry(key="old", two_way=True, model="Old")
    found = deployed_as(WANTED, routes={**WANTED.routes, "old": stale})
    plan = plan_changes(TARGET, WANTED, found, Options(prune=True))
    lines = render.plan_text(plan).splitlines()

    assert "      model: Old -> (none)" in lines[lines.index("- route old") :]


def test_server_quirks() -> None:
    for quirks in (
        ServerQuirks(),
        ServerQuirks(hides_two_way=True),
        ServerQuirks(deployment_id="x"),
    ):
        assert ServerQuirks.parse(str(quirks)) == quirks
    assert not ServerQuirks.parse("somebody's words")
    assert str(ServerQuirks(hides_two_way=True, deployment_id="x")) == (
        "wsrouter note: one-way deployment=x"
    )
