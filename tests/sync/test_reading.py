"""What was published, read back for the local gateway."""

import pytest

from tests.sync.bench import Bench, a_spec
from wsrouter import conf
from wsrouter.aws.control.control_plane import ApiGatewayControlPlane
from wsrouter.errors import SyncError
from wsrouter.sync.control_errors import Unpublished
from wsrouter.sync.reading import read_published
from wsrouter.sync.target import Target
from wsrouter.sync.wanted import wanted_snapshot
from wsrouter.wiring import publisher


def test_is_what_was_wanted(bench: Bench) -> None:
    bench.run()

    deployed = read_published(bench.plane, Target.of(bench.gateway))
    found = deployed.snapshot()
    asked = wanted_snapshot(bench.gateway, bench.spec)
    assert dict(found.routes) == dict(asked.routes)
    assert found.integration == asked.integration
    assert found.stage == asked.stage
    assert deployed.api_id == bench.api_id()


def test_routes_without_a_response_are_told_apart(bench: Bench) -> None:
    bench.run()
    route_id = bench.routes()["orders.watch"]["RouteId"]
    (response,) = bench.all("get_route_responses", RouteId=route_id)
    bench.server.delete_route_response(
        ApiId=bench.api_id(),
        RouteId=route_id,
        RouteResponseId=response["RouteResponseId"],
    )

    routes = read_published(bench.plane, Target.of(bench.gateway)).routes
    assert routes["orders.watch"].two_way
    assert not routes["orders.watch"].has_response
    assert routes["orders.quit"].has_response
    assert not routes["$connect"].has_response


def test_stale_and_foreign_routes_are_in_it(bench: Bench) -> None:
    bench.run()
    bench.spec = a_spec("orders.watch")
    bench.server.create_route(ApiId=bench.api_id(), RouteKey="legacy", Target="")

    found = read_published(bench.plane, Target.of(bench.gateway)).snapshot()
    assert "orders.quit" in found.routes
    assert found.unmanaged == ("legacy",)


def test_nothing_published_is_an_error(bench: Bench) -> None:
    with pytest.raises(Unpublished, match="run ws_sync"):
        read_published(bench.plane, Target.of(bench.gateway)).snapshot()


def test_a_stage_that_was_deleted_is_not_published(bench: Bench) -> None:
    bench.run()
    bench.server.delete_stage(ApiId=bench.api_id(), StageName="production")
    with pytest.raises(Unpublished, match="run ws_sync"):
        read_published(bench.plane, Target.of(bench.gateway)).snapshot()


def test_a_stage_without_our_integration_is_there(memory: Bench) -> None:
    memory.run()
    api_id, (ours,) = memory.api_id(), memory.integrations()
    for route in memory.routes().values():
        memory.server.delete_route(ApiId=api_id, RouteId=route["RouteId"])
    memory.server.delete_integration(ApiId=api_id, IntegrationId=ours["IntegrationId"])
    with pytest.raises(SyncError, match="none of our routes") as raised:
        read_published(memory.plane, Target.of(memory.gateway)).snapshot()
    assert not isinstance(raised.value, Unpublished)
    bare = read_published(memory.plane, Target.of(memory.gateway)).snapshot(
        allow_no_routes=True
    )
    assert (bare.routes, bare.stage.name) == ({}, "production")


def test_by_the_id_from_the_settings_of_a_project(ministack_url: str) -> None:
    client = ApiGatewayControlPlane(region="eu-west-1", endpoint_url=ministack_url)
    gateway = conf.gateway()
    bench = Bench(server=client._aws.client(), gateway=gateway)
    api_id = bench.run().api_id

    found = publisher.deployed(api_id=api_id, endpoint_url=ministack_url).snapshot()
    assert found.routes["orders.watch"].has_response
    assert found.integration.uri == gateway.endpoint
    with pytest.raises(Unpublished, match="no WebSocket API nowhere"):
        publisher.deployed(api_id="nowhere", endpoint_url=ministack_url)
