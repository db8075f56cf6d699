"""--adopt, --deep, --destroy and a check without the secret, on the real planes."""

import pytest

from tests.sync.bench import Bench, a_spec
from tests.sync.test_ownership import a_foreign_route
from wsrouter.errors import SyncError
from wsrouter.sync import render
from wsrouter.sync.destroy import Removal, destroy, plan_removal
from wsrouter.sync.target import Target


def removal(bench: Bench) -> Removal:
    return plan_removal(bench.plane, Target.of(bench.gateway))


def tear_down(bench: Bench) -> None:
    destroy(bench.plane, removal(bench), sleep=lambda _: None)


def test_a_foreign_route_is_adopted(bench: Bench) -> None:
    bench.run()
    foreign = a_foreign_route(bench, "legacy")
    bench.spec = a_spec("legacy")
    plan = bench.plan(adopt=True)

    (change,) = [
        planned
        for planned in plan.changes
        if (planned.resource, planned.key) == ("route", "legacy")
    ]
    assert change.fields["integration"][0] == foreign
    assert f"taken over from the integration {foreign}" in render.plan_text(plan)
    bench.run(adopt=True)
    assert bench.routes()["legacy"]["Target"] != f"integrations/{foreign}"
    assert bench.plan().in_sync
    assert len(bench.integrations()) == 2


def test_the_error_says_how_to_adopt(bench: Bench) -> None:
    bench.run()
    a_foreign_route(bench, "legacy")
    bench.spec = a_spec("legacy")

    with pytest.raises(SyncError, match="--adopt"):
        bench.run()


def test_a_missing_response_is_found_by_looking_deep(bench: Bench) -> None:
    bench.run()
    route_id = bench.routes()["orders.watch"]["RouteId"]
    (response,) = bench.all("get_route_responses", RouteId=route_id)
    bench.server.delete_route_response(
        ApiId=bench.api_id(),
        RouteId=route_id,
        RouteResponseId=response["RouteResponseId"],
    )

    assert bench.plan().in_sync
    plan = bench.plan(deep=True)
    assert [(change.resource, change.key) for change in plan.changes] == [
        ("route_response", "orders.watch"),
        ("deployment", "production"),
    ]
    bench.run(deep=True)
    assert bench.plan(deep=True).in_sync


def test_a_response_too_many_is_found_by_looking_deep(bench: Bench) -> None:
    bench.change(reply_via="connection")
    bench.run()
    route_id = bench.routes()["orders.watch"]["RouteId"]
    bench.server.create_route_response(
        ApiId=bench.api_id(), RouteId=route_id, RouteResponseKey="$default"
    )

    assert not bench.plan(deep=True).in_sync
    bench.run(deep=True)
    assert bench.all("get_route_responses", RouteId=route_id) == []


def test_without_the_secret_the_rest_is_compared(bench: Bench) -> None:
    bench.run()
    bench.change(secrets=())
    plan = bench.plan()

    assert plan.in_sync
    assert render.NOT_COMPARED in render.plan_text(plan)
    bench.change(timeout=5.0)
    plan = bench.plan()
    assert [change.resource for change in plan.changes] == ["integration", "deployment"]
    assert set(plan.changes[0].fields) == {"timeout_millis"}


def test_destroy_removes_everything(bench: Bench) -> None:
    api_id = bench.run().api_id
    changes = removal(bench).changes

    assert [(change.action, change.resource) for change in changes] == [
        ("delete", "api")
    ]
    tear_down(bench)
    assert api_id not in [api.id for api in bench.plane.apis()]
    assert removal(bench).in_sync
    tear_down(bench)


def test_destroy_leaves_what_others_have(bench: Bench) -> None:
    bench.run()
    foreign = a_foreign_route(bench, "legacy")
    found = removal(bench)

    assert "legacy in it is not wsrouter's" in render.removal_text(found)
    tear_down(bench)
    assert set(bench.routes()) == {"legacy"}
    assert [integration["IntegrationId"] for integration in bench.integrations()] == [
        foreign
    ]
    assert {stage["StageName"] for stage in bench.all("get_stages")} == {"production"}
    assert removal(bench).in_sync


def test_destroyed_routes_are_served_no_more(memory: Bench) -> None:
    memory.run()
    a_foreign_route(memory, "legacy")
    tear_down(memory)

    live = memory.server.live(memory.api_id(), "production")["route"].values()
    assert [resource["RouteKey"] for resource in live] == ["legacy"]


def test_destroy_leaves_an_api_that_it_did_not_create(bench: Bench) -> None:
    found = bench.server.create_api(
        Name="by hand",
        ProtocolType="WEBSOCKET",
        RouteSelectionExpression="$request.body.action",
    )
    bench.change(api_id=found["ApiId"], api_name="")
    bench.run()
    tear_down(bench)

    assert found["ApiId"] in [api.id for api in bench.plane.apis()]
    assert bench.routes() == {}
    assert bench.integrations() == []
    assert removal(bench).in_sync


def test_destroy_can_be_killed_anywhere(memory: Bench) -> None:
    memory.run()
    a_foreign_route(memory, "legacy")

    class Killed(BaseException):
        pass

    for _ in range(20):

        def kill(operation: str) -> None:
            if not operation.startswith("get_"):
                raise Killed

        memory.server.after = kill
        try:
            tear_down(memory)
            break
        except Killed:
            pass
    memory.server.after = lambda operation: None
    tear_down(memory)
    live = memory.server.live(memory.api_id(), "production")["route"].values()
    assert [resource["RouteKey"] for resource in live] == ["legacy"]
    assert len(memory.integrations()) == 1


@pytest.mark.parametrize("member", ["RouteResponseSelectionExpression", "AuthorizerId"])
def test_what_cannot_be_cleared_is_recreated(memory: Bench, member: str) -> None:
    memory.server.stubborn = {member}
    memory.run()
    memory.change(reply_via="connection")
    memory.run(deep=True)

    assert memory.plan(deep=True).in_sync
    routes = memory.routes().values()
    assert not any("RouteResponseSelectionExpression" in route for route in routes)
