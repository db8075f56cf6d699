"""From any deployed state to any wanted one, killed and meddled with on the way."""

from dataclasses import replace
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.effort import examples
from tests.simulated_aws.control_plane import MemoryControlPlane
from tests.sync import manual_changes
from tests.sync.bench import Bench, a_gateway, a_spec
from tests.sync.test_interruption import OTHER_DOMAIN, Killed, kill_after
from tests.sync.test_options import CERTIFICATE, DOMAIN, NOTHING, ON_AWS, ON_BOTH
from wsrouter.options import publishing

ONLY_DOMAIN = publishing.domain(
    {
        "NAME": "ws.example.com",
        "CERTIFICATE": CERTIFICATE,
        "DISABLE_EXECUTE_API_ENDPOINT": True,
    }
)
FOREIGN = "legacy"
THIRD_DOMAIN = publishing.domain(
    {"NAME": "third.example.com", "CERTIFICATE": CERTIFICATE, "MAPPING_KEY": "a/b"}
)


def an_api_of_others(bench: Bench) -> dict[str, Any]:
    """A route, an integration and a stage that are not ours, as they are."""
    server = bench.server
    api_id = server.create_api(
        Name="shop",
        ProtocolType="WEBSOCKET",
        RouteSelectionExpression="$request.body.action",
        Tags={"wsrouter:gateway": "shop"},
    )["ApiId"]
    integration = server.create_integration(ApiId=api_id, IntegrationType="MOCK")
    target = f"integrations/{integration['IntegrationId']}"
    route = server.create_route(ApiId=api_id, RouteKey=FOREIGN, Target=target)
    stage = server.create_stage(ApiId=api_id, StageName="theirs")
    return {"route": route, "integration": integration, "stage": stage}


def what_others_have(bench: Bench) -> dict[str, Any]:
    stages, integrations = bench.all("get_stages"), bench.integrations()
    (stage,) = [a_stage for a_stage in stages if a_stage["StageName"] == "theirs"]
    (integration,) = [record for record in integrations if "Description" not in record]
    return {
        "route": bench.routes()[FOREIGN],
        "integration": integration,
        "stage": stage,
    }


KEYS = st.sets(st.sampled_from(["a", "b", "c.d", "e f", "gé"])).map(sorted)
GATEWAYS = st.fixed_dictionaries(
    {
        "endpoint": st.sampled_from(["https://one.example/", "http://two.example/ws"]),
        "secrets": st.sampled_from([("x" * 32,), ("y" * 40,)]),
        "timeout": st.sampled_from([29.0, 0.05, 12.345]),
        "headers": st.dictionaries(
            st.sampled_from(["Tenant", "Zone"]),
            st.sampled_from(["context.authorizer.tenant", "'fixed'"]),
        ),
        "stage": st.sampled_from(["production", "beta"]),
        "default_route": st.booleans(),
        "reply_via": st.sampled_from(["response", "connection"]),
        "tags": st.dictionaries(st.sampled_from(["team", "cost"]), st.just("x")),
        "logging_level": st.sampled_from(["OFF", "INFO"]),
        **{
            name: st.sampled_from([NOTHING[name], value])
            for name, value in {**ON_BOTH, **ON_AWS}.items()
            if name not in ("throttling", "logging_level", "domain")
        },
        "domain": st.sampled_from(
            [None, DOMAIN, OTHER_DOMAIN, THIRD_DOMAIN, ONLY_DOMAIN]
        ),
        "throttling": st.sampled_from(
            [
                None,
                publishing.throttling({"RATE": 5, "BURST": 5}),
                publishing.throttling(
                    {"ROUTES": {"$connect": {"RATE": 1, "BURST": 1}}}
                ),
            ]
        ),
    }
)


MANUAL_CHANGES = st.lists(
    st.tuples(st.sampled_from(sorted(manual_changes.CHANGES)), st.integers(0, 5)),
    max_size=3,
)
STEPS = st.tuples(GATEWAYS, KEYS, st.booleans(), st.integers(0, 25), MANUAL_CHANGES)


@settings(max_examples=examples(100), deadline=None)
@given(steps=st.lists(STEPS, min_size=1, max_size=4))
def test_from_any_state_to_any_other(
    steps: list[tuple[dict[str, object], list[str], bool, int, Any]],
) -> None:
    bench = Bench(
        server=MemoryControlPlane().server, gateway=a_gateway(api_name="shop")
    )
    foreign = an_api_of_others(bench)
    for changes, keys, prune, killed_after, manual in steps:
        bench.change(**changes)
        bench.spec = a_spec(*keys)
        bench.server.after = kill_after(killed_after)
        try:
            bench.run(prune=prune)
        except Killed:
            pass
        else:
            assert bench.plan(prune=prune).in_sync
        finally:
            bench.server.after = lambda operation: None
        for change, number in manual:
            manual_changes.apply(bench, change, number)

    bench.run(deep=True)
    assert bench.plan(deep=True).in_sync
    assert [name for name in bench.quiet_calls() if not name.startswith("get_")] == []
    assert what_others_have(bench) == foreign
    assert_served(bench, {"$connect", "$disconnect", *keys})
    assert_as_from_nothing(bench)
    # A former stage is left as it is, with what leads to it.
    if len({changes["stage"] for changes, *_ in steps}) == 1:
        assert_mapped(bench)


def assert_served(bench: Bench, keys: set[str]) -> None:
    """What the stage serves is what there is, and the routes of others with it."""
    live = bench.server.live(bench.api_id(), bench.gateway.stage)
    served = {route["RouteKey"]: route for route in live["route"].values()}
    assert served == bench.routes()
    assert set(served) >= {*keys, FOREIGN}
    assert list(live["integration"].values()) == bench.integrations()
    (deployed,), api = live["api"].values(), bench.plan().deployed.api
    assert api
    assert deployed["DisableExecuteApiEndpoint"] == api.disable_execute_api_endpoint


def assert_as_from_nothing(bench: Bench) -> None:
    """Ours is what a first run makes; stale routes are there beside it."""
    clean = Bench(
        server=MemoryControlPlane().server, gateway=bench.gateway, spec=bench.spec
    )
    clean.run()
    there, ours = (own_routes(tested) for tested in (bench, clean))
    assert {key: there[key] for key in ours} == ours
    assert own_integration(bench) == own_integration(clean)
    found, wanted = bench.plan().deployed, clean.plan().deployed
    assert found.api
    assert wanted.api
    assert wanted.api.tags.items() <= found.api.tags.items()
    assert replace(found.api, tags={}) == replace(wanted.api, tags={})
    assert (found.stage, found.authorizer) == (wanted.stage, wanted.authorizer)


def own_routes(bench: Bench) -> dict[str, Any]:
    return {
        key: {
            "responses": len(
                bench.all("get_route_responses", RouteId=route["RouteId"])
            ),
            **without(route, "RouteId", "Target", "AuthorizerId"),
        }
        for key, route in bench.routes().items()
    }


def assert_mapped(bench: Bench) -> None:
    """The wanted domain leads to the API, and no former one."""
    wanted = bench.gateway.domain
    found = [
        (domain["DomainName"], mapping.get("ApiMappingKey", ""))
        for domain in bench.server.get_domain_names()["Items"]
        for mapping in bench.server.get_api_mappings(DomainName=domain["DomainName"])[
            "Items"
        ]
        if mapping["ApiId"] == bench.api_id()
    ]
    assert found == ([(wanted.name, wanted.mapping_key)] if wanted else [])


def own_integration(bench: Bench) -> dict[str, Any]:
    """AWS has no way to take a VPC link away but another ConnectionType."""
    (found,) = [
        integration
        for integration in bench.integrations()
        if "Description" in integration
    ]
    unused = ["ConnectionId"] if found["ConnectionType"] == "INTERNET" else []
    return without(found, "IntegrationId", *unused)


def without(members: dict[str, Any], *names: str) -> dict[str, Any]:
    return {name: value for name, value in members.items() if name not in names}
