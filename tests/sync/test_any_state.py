"""From any deployed state to any wanted one, killed anywhere on the way."""

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.sync.bench import Bench, a_gateway, a_spec
from tests.sync.test_interruption import Killed, kill_after
from tests.sync.test_options import NOTHING, ON_AWS, ON_BOTH
from wsrouter.spec import options
from wsrouter.testing.control_plane import MemoryControlPlane

FOREIGN = "legacy"


def an_api_with_a_foreign_route(bench: Bench) -> dict[str, Any]:
    server = bench.server
    api_id = server.create_api(
        Name="shop",
        ProtocolType="WEBSOCKET",
        RouteSelectionExpression="$request.body.action",
        Tags={"wsrouter:gateway": "shop"},
    )["ApiId"]
    integration = server.create_integration(ApiId=api_id, IntegrationType="MOCK")
    target = f"integrations/{integration['IntegrationId']}"
    made: dict[str, Any] = server.create_route(
        ApiId=api_id, RouteKey=FOREIGN, Target=target
    )
    return made


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
            if name not in ("throttling", "logging_level")
        },
        "throttling": st.sampled_from(
            [None, options.throttling({"RATE": 5, "BURST": 5})]
        ),
    }
)


@settings(max_examples=60, deadline=None)
@given(
    steps=st.lists(
        st.tuples(GATEWAYS, KEYS, st.booleans(), st.integers(0, 25)),
        min_size=1,
        max_size=4,
    )
)
def test_from_any_state_to_any_other(
    steps: list[tuple[dict[str, object], list[str], bool, int]],
) -> None:
    bench = Bench(
        server=MemoryControlPlane().server, gateway=a_gateway(api_name="shop")
    )
    foreign = an_api_with_a_foreign_route(bench)
    for changes, keys, prune, killed_after in steps:
        bench.change(**changes)
        bench.spec = a_spec(*keys)
        bench.server.after = kill_after(killed_after)
        try:
            bench.run(prune=prune)
        except Killed:
            continue
        finally:
            bench.server.after = lambda operation: None
        assert bench.plan(prune=prune).in_sync

    bench.run()
    live = bench.server.live(bench.api_id(), bench.gateway.stage)
    assert bench.plan().in_sync
    assert {each["RouteKey"] for each in live["route"].values()} >= {
        "$connect",
        "$disconnect",
        *keys,
    }
    assert bench.routes()[FOREIGN] == foreign
    assert FOREIGN in {each["RouteKey"] for each in live["route"].values()}
