"""What is ours in an API, and which API is ours; on both servers."""

import pytest

from tests.sync.bench import Bench, a_spec
from tests.sync.test_interruption import Killed, kill_after
from wsrouter.errors import SyncError
from wsrouter.sync import render


def test_stale_route_is_listed_and_stays(bench: Bench) -> None:
    bench.run()
    bench.spec = a_spec("orders.watch")
    plan = bench.plan()

    assert plan.stale == ("orders.quit",)
    assert plan.in_sync
    assert "orders.quit is stale" in render.plan_text(plan)
    assert [name for name in bench.quiet_calls() if not name.startswith("get_")] == []
    assert "orders.quit" in bench.routes()


def test_stale_route_is_pruned(bench: Bench) -> None:
    bench.run()
    bench.spec = a_spec("orders.watch")
    plan = bench.plan(prune=True)

    assert [
        (change.action, change.resource, change.key) for change in plan.changes
    ] == [
        ("delete", "route", "orders.quit"),
        ("create", "deployment", "production"),
    ]
    bench.run(prune=True)
    assert "orders.quit" not in bench.routes()
    assert bench.plan(prune=True).in_sync
    assert bench.plan().in_sync


def test_stale_route_beside_a_change_does_not_drift(bench: Bench) -> None:
    bench.run()
    bench.spec = a_spec("orders.watch", "orders.list")
    bench.run()

    assert bench.plan().stale == ("orders.quit",)
    assert bench.plan().in_sync


def a_foreign_route(bench: Bench, key: str) -> str:
    api_id = bench.api_id()
    integration = bench.server.create_integration(
        ApiId=api_id, IntegrationType="MOCK", Description="somebody's"
    )
    target = f"integrations/{integration['IntegrationId']}"
    bench.server.create_route(ApiId=api_id, RouteKey=key, Target=target)
    return str(integration["IntegrationId"])


def test_unmanaged_route_is_listed_and_untouched(bench: Bench) -> None:
    bench.run()
    a_foreign_route(bench, "legacy")
    before = bench.routes()["legacy"]
    plan = bench.plan(prune=True)

    assert plan.unmanaged == ("legacy",)
    assert plan.in_sync
    bench.change(timeout=5.0)
    bench.run(prune=True)
    assert bench.routes()["legacy"] == before


def test_wanted_key_on_a_foreign_integration_is_an_error(bench: Bench) -> None:
    bench.run()
    integration_id = a_foreign_route(bench, "legacy")
    bench.spec = a_spec("legacy")

    with pytest.raises(SyncError, match=f"'legacy'.*{integration_id}"):
        bench.plan()


def test_found_by_id(bench: Bench) -> None:
    bench.run()
    api_id = bench.api_id()
    bench.change(api_id=api_id, api_name="")

    assert bench.plan().deployed.api_id == api_id
    assert bench.plan().in_sync


def test_unknown_id_is_an_error(bench: Bench) -> None:
    bench.change(api_id="nowhere", api_name="")

    with pytest.raises(
        SyncError, match=r"no WebSocket API nowhere .*API_ID and REGION"
    ):
        bench.plan()


def test_existing_api_is_taken_by_id(bench: Bench) -> None:
    found = bench.server.create_api(
        Name="by hand",
        ProtocolType="WEBSOCKET",
        RouteSelectionExpression="$request.body.action",
    )
    bench.change(api_id=found["ApiId"])
    bench.run()

    api = bench.server.get_api(ApiId=found["ApiId"])
    assert api["Name"] == bench.gateway.api_name
    assert bench.plan().in_sync


def test_two_apis_with_the_tag_are_an_error(bench: Bench) -> None:
    ids = [
        bench.server.create_api(
            Name="shop",
            ProtocolType="WEBSOCKET",
            RouteSelectionExpression="$request.body.action",
            Tags={"wsrouter:gateway": bench.gateway.api_name},
        )["ApiId"]
        for _ in range(2)
    ]

    with pytest.raises(SyncError) as caught:
        bench.plan()
    assert all(api_id in str(caught.value) for api_id in ids)


def test_http_api_with_the_tag_is_another(bench: Bench) -> None:
    tags = {"wsrouter:gateway": bench.gateway.api_name}
    bench.server.create_api(Name="shop", ProtocolType="HTTP", Tags=tags)
    bench.run()

    assert bench.plan().in_sync


def test_two_gateways_share_an_api(bench: Bench) -> None:
    bench.run()
    other = Bench(server=bench.server, gateway=bench.gateway, spec=a_spec("chat"))
    other.change(alias="chat", api_id=bench.api_id(), default_route=False)

    with pytest.raises(SyncError, match=r"\$connect"):
        other.plan()


@pytest.mark.parametrize("is_first", [True, False], ids=["first", "later"])
def test_a_tag_that_leaves_the_settings_leaves_the_api(
    memory: Bench, is_first: bool
) -> None:
    if not is_first:
        memory.run()
    memory.change(tags={"team": "shop", "cost": "1"})
    memory.run()
    by_hand = {"owner": "alice", "cost": "2"}
    memory.plane.tag_api(memory.api_id(), by_hand)
    memory.run()
    memory.change(tags={"cost": "1"})

    assert "tags.team: shop -> (none)" in render.plan_text(memory.plan())
    memory.run()
    name = {"wsrouter:gateway": memory.gateway.api_name}
    assert tags(memory) == {**name, "owner": "alice", "cost": "1"}
    assert memory.plan().in_sync
    memory.change(tags={})
    memory.run()
    assert tags(memory) == {**name, "owner": "alice"}


def tags(bench: Bench) -> dict[str, str]:
    found: dict[str, str] = bench.server.get_api(ApiId=bench.api_id())["Tags"]
    return found


@pytest.mark.parametrize("writes", range(1, 5))
def test_killed_while_a_tag_leaves(memory: Bench, writes: int) -> None:
    memory.change(tags={"team": "shop"})
    memory.run()
    memory.change(tags={}, route_selection_expression="$request.body.type")
    memory.server.after = kill_after(writes)
    with pytest.raises(Killed):
        memory.run()
    memory.server.after = lambda _: None
    memory.run()

    assert "team" not in tags(memory)
    assert memory.plan().in_sync
