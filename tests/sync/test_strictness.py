"""What only the simulated API Gateway can show: deployments, merging, refusals."""

import pytest

from tests.sync.bench import OTHER_SECRET, Bench, a_spec
from wsrouter.errors import SyncError
from wsrouter.sync.steps.route_steps import REFUSED_OPTIONAL
from wsrouter.wire import mapping

HEADER = mapping.TARGET + mapping.PREFIX


def live_keys(bench: Bench) -> set[str]:
    live = bench.server.live(bench.api_id(), bench.gateway.stage)
    return {route["RouteKey"] for route in live["route"].values()}


def test_the_stage_serves_what_is_wanted(memory: Bench) -> None:
    memory.run()
    memory.spec = a_spec("orders.watch", "orders.list")
    memory.run(prune=True)

    keys = {"$connect", "$disconnect", "$default", "orders.watch", "orders.list"}
    assert live_keys(memory) == keys


def test_removed_header_is_sent_as_empty(memory: Bench) -> None:
    memory.change(headers={"Tenant": "context.authorizer.tenant"})
    memory.run()
    memory.change(headers={})
    memory.run()

    sent = [members for name, members in memory.server.calls if name.startswith("upd")]
    assert sent[-2]["RequestParameters"][f"{HEADER}Tenant"] == ""
    (integration,) = memory.integrations()
    assert f"{HEADER}Tenant" not in integration["RequestParameters"]


def test_missing_empty_header_is_not_sent_again(memory: Bench) -> None:
    memory.run()
    memory.change(secrets=(OTHER_SECRET,))
    memory.run()

    sent = [
        members["RequestParameters"]
        for name, members in memory.server.calls
        if name == "update_integration"
    ]
    assert "" not in sent[0].values()


def test_removed_two_way_is_sent_as_empty(memory: Bench) -> None:
    memory.run()
    memory.change(reply_via="connection")
    memory.run()

    routes = memory.routes().values()
    assert not any("RouteResponseSelectionExpression" in route for route in routes)


def test_one_way_route_by_hand_is_repaired(memory: Bench) -> None:
    memory.run()
    route_id = memory.routes()["orders.watch"]["RouteId"]
    memory.server.update_route(
        ApiId=memory.api_id(), RouteId=route_id, RouteResponseSelectionExpression=""
    )
    plan = memory.plan()

    assert [(change.resource, change.key) for change in plan.changes] == [
        ("route", "orders.watch"),
        ("deployment", "production"),
    ]
    memory.run()
    assert memory.plan().in_sync


def test_deployment_by_hand_is_replaced(memory: Bench) -> None:
    memory.run()
    stray = memory.server.create_deployment(
        ApiId=memory.api_id(), StageName="production", Description="by hand"
    )
    assert [change.resource for change in memory.plan().changes] == ["deployment"]

    memory.run()
    stage = memory.server.get_stage(ApiId=memory.api_id(), StageName="production")
    assert stage["DeploymentId"] != stray["DeploymentId"]


def test_automatic_deployment_is_switched_off(memory: Bench) -> None:
    memory.run()
    memory.server.update_stage(
        ApiId=memory.api_id(), StageName="production", AutoDeploy=True
    )
    memory.run()

    stage = memory.server.get_stage(ApiId=memory.api_id(), StageName="production")
    assert stage["AutoDeploy"] is False
    assert memory.plan().in_sync


def test_no_note_where_nothing_is_forgotten(memory: Bench) -> None:
    memory.run()

    stage = memory.server.get_stage(ApiId=memory.api_id(), StageName="production")
    assert "Description" not in stage


def test_refused_optional_mappings_are_dropped(memory: Bench) -> None:
    memory.server.refused_sources = {"context.disconnectStatusCode"}
    published = memory.run()

    assert published.warnings == (REFUSED_OPTIONAL,)
    (integration,) = memory.integrations()
    assert f"{HEADER}Disconnect-Code" not in integration["RequestParameters"]
    assert memory.plan().in_sync
    memory.change(secrets=(OTHER_SECRET,))
    assert memory.run().warnings == (REFUSED_OPTIONAL,)
    assert memory.plan().in_sync


def test_another_refusal_is_an_error_without_the_secret(memory: Bench) -> None:
    (secret,) = memory.gateway.secrets
    memory.server.refused_sources = {f"'{secret}'"}

    with pytest.raises(SyncError) as caught:
        memory.run()
    assert "CreateIntegration" in str(caught.value)
    assert "***" in str(caught.value)
    assert secret not in str(caught.value)
    assert secret not in repr(caught.value.__cause__)


def test_waits_for_the_deployment(memory: Bench) -> None:
    memory.server.pending_polls = 5
    memory.run()

    polls = [name for name, _ in memory.server.calls if name == "get_deployment"]
    assert len(polls) >= 5


def test_endless_deployment_is_an_error(memory: Bench) -> None:
    memory.server.pending_polls = 1_000

    with pytest.raises(SyncError, match="still PENDING"):
        memory.run()


def test_pages_are_read_to_the_end(memory: Bench) -> None:
    keys = [f"route.{number}" for number in range(20)]
    memory.spec = a_spec(*keys)
    memory.run()

    assert {*keys} < set(memory.plan().deployed.routes)
    assert memory.plan().in_sync


def test_the_api_is_found_behind_the_first_page(memory: Bench) -> None:
    for number in range(7):
        memory.server.create_api(
            Name=f"other {number}",
            ProtocolType="WEBSOCKET",
            RouteSelectionExpression="$request.body.action",
        )
    memory.run()

    assert memory.plan().in_sync
