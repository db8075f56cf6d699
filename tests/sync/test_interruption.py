"""A run that stops anywhere, and the next one that finishes it."""

from collections.abc import Callable

import pytest
from botocore.exceptions import ReadTimeoutError

from tests.simulated_aws.control_plane import MemoryControlPlane
from tests.sync.bench import OTHER_SECRET, Bench, a_spec
from tests.sync.test_options import NOTHING, ON_AWS, ON_BOTH, a_typed_spec
from wsrouter.aws.botocore_errors import refusal
from wsrouter.errors import SyncError
from wsrouter.options import publishing
from wsrouter.sync.control_errors import CallRefused

OTHER_THROTTLING = publishing.throttling(
    {"ROUTES": {"orders.quit": {"RATE": 2, "BURST": 2}}}
)
OTHER_DOMAIN = publishing.domain(
    {"NAME": "new.example.com", "CERTIFICATE": "arn:aws:acm:eu-west-1:1:certificate/2"}
)


class Killed(BaseException):
    """The process is gone."""


def kill_after(number: int) -> Callable[[str], None]:
    """A hook that ends the process after that many writes."""
    seen = 0

    def hook(operation: str) -> None:
        nonlocal seen
        seen += not operation.startswith("get_")
        if seen == number:
            raise Killed

    return hook


def fail_once(number: int, status: int) -> Callable[[str], None]:
    """A hook that answers one call with an error."""
    seen = 0

    def hook(operation: str) -> None:
        nonlocal seen
        seen += 1
        if seen == number:
            raise refusal(operation, "Trouble", "concurrent modification", status)

    return hook


def time_out_once(number: int) -> Callable[[str], None]:
    """A hook that keeps the answer of one call."""
    seen = 0

    def hook(operation: str) -> None:
        nonlocal seen
        seen += 1
        if seen == number:
            raise ReadTimeoutError(endpoint_url="https://apigateway.example")

    return hook


def broken_from(number: int) -> Callable[[str], None]:
    """A hook behind which nothing works any more."""
    seen = 0

    def hook(operation: str) -> None:
        nonlocal seen
        seen += 1
        if seen >= number:
            raise refusal(operation, "ServiceUnavailable", "", 503)

    return hook


def published_then_changed() -> Bench:
    """A bench with something of every kind to do: create, update, delete."""
    bench = Bench(server=MemoryControlPlane().server)
    bench.run()
    bench.spec = a_spec("orders.watch", "orders.list")
    bench.change(
        secrets=(OTHER_SECRET,),
        stage="beta",
        route_selection_expression="$request.body.t",
    )
    del bench.server.calls[:]
    return bench


def with_every_option() -> Bench:
    """A bench where every option is taken away, but for those that come instead."""
    bench = Bench(server=MemoryControlPlane().server, spec=a_typed_spec())
    bench.change(**ON_BOTH, **ON_AWS)
    bench.run()
    bench.change(
        **{**NOTHING, "throttling": OTHER_THROTTLING, "domain": OTHER_DOMAIN},
        secrets=(OTHER_SECRET,),
    )
    del bench.server.calls[:]
    return bench


def new_with_every_option() -> Bench:
    bench = Bench(server=MemoryControlPlane().server, spec=a_typed_spec())
    bench.change(**ON_BOTH, **ON_AWS)
    return bench


def new() -> Bench:
    return Bench(server=MemoryControlPlane().server)


def state(bench: Bench) -> object:
    """The server without ids and secrets: what the stage serves, and what there is."""
    live = bench.server.live(bench.api_id(), bench.gateway.stage)
    routes = [
        {
            name: value
            for name, value in live_route.items()
            if name not in ("RouteId", "Target", "AuthorizerId")
        }
        for live_route in live["route"].values()
    ]
    integrations = [
        {
            name: value
            for name, value in live_integration.items()
            if name != "IntegrationId"
        }
        for live_integration in live["integration"].values()
    ]
    stages = sorted(
        {**stage, "DeploymentId": ""}.items() for stage in bench.all("get_stages")
    )
    models = sorted(model["Name"] for model in bench.all("get_models"))
    guards = [authorizer["Name"] for authorizer in bench.all("get_authorizers")]
    domains = {
        domain_name["DomainName"]: [
            (mapping["Stage"], mapping.get("ApiMappingKey"))
            for mapping in bench.server.get_api_mappings(
                DomainName=domain_name["DomainName"]
            )["Items"]
        ]
        for domain_name in bench.server.get_domain_names()["Items"]
    }
    responses = {
        key: len(bench.all("get_route_responses", RouteId=route["RouteId"]))
        for key, route in bench.routes().items()
    }
    apis = len(list(bench.plane.apis()))
    routes.sort(key=lambda route: route["RouteKey"])
    there_is = models, guards, domains
    return routes, integrations, stages, responses, apis, there_is


SCENES = [
    new,
    published_then_changed,
    with_every_option,
    new_with_every_option,
]


@pytest.mark.parametrize("scene", SCENES)
def test_killed_after_any_write(scene: Callable[[], Bench]) -> None:
    clean = scene()
    clean.run(prune=True)
    writes = len(clean.server.writes)
    assert writes > 6
    for number in range(1, writes + 1):
        bench = scene()
        bench.server.after = kill_after(number)
        with pytest.raises(Killed):
            bench.run(prune=True)
        bench.server.after = lambda operation: None
        bench.run(prune=True)
        assert state(bench) == state(clean), f"killed after write {number}"
        assert bench.plan(prune=True).in_sync


@pytest.mark.parametrize(
    ("status", "lost"),
    [(429, False), (409, False), (500, False), (503, False), (500, True)],
    ids=["throttled", "collided", "broken", "unavailable", "lost answer"],
)
@pytest.mark.parametrize("scene", SCENES)
def test_trouble_at_any_call(
    scene: Callable[[], Bench], status: int, lost: bool
) -> None:
    clean = scene()
    clean.run(prune=True)
    calls = len(clean.server.calls)
    for number in range(1, calls + 1):
        bench = scene()
        hook = fail_once(number, status)
        bench.server.after = hook if lost else bench.server.after
        bench.server.before = bench.server.before if lost else hook
        bench.run(prune=True)
        bench.server.after = bench.server.before = lambda operation: None
        assert state(bench) == state(clean), f"trouble at call {number}"


@pytest.mark.parametrize("lost", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("scene", [new, published_then_changed])
def test_a_time_out_at_any_call(scene: Callable[[], Bench], lost: bool) -> None:
    clean = scene()
    clean.run(prune=True)
    for number in range(1, len(clean.server.calls) + 1):
        bench = scene()
        setattr(bench.server, "after" if lost else "before", time_out_once(number))
        bench.run(prune=True)
        bench.server.after = bench.server.before = lambda operation: None
        assert state(bench) == state(clean), f"timed out at call {number}"


@pytest.mark.parametrize("scene", SCENES)
def test_broken_for_good_from_any_call(scene: Callable[[], Bench]) -> None:
    clean = scene()
    clean.run(prune=True)
    for number in range(1, len(clean.server.calls) + 1):
        bench = scene()
        bench.server.before = broken_from(number)
        with pytest.raises(SyncError):
            bench.run(prune=True)
        bench.server.before = lambda operation: None
        bench.run(prune=True)
        assert state(bench) == state(clean), f"broken from call {number}"


def test_trouble_that_does_not_end_is_an_error(memory: Bench) -> None:
    def refuse(operation: str) -> None:
        raise refusal(operation, "TooManyRequestsException", "Rate exceeded", 429)

    memory.server.before = refuse
    with pytest.raises(CallRefused, match=r"GetApis: Rate exceeded.*try again later"):
        memory.run()


def test_killed_between_pruning_and_deploying(memory: Bench) -> None:
    memory.run()
    memory.spec = a_spec("orders.watch")
    memory.server.after = kill_after(1)
    with pytest.raises(Killed):
        memory.run(prune=True)
    memory.server.after = lambda operation: None

    assert not memory.plan().in_sync
    memory.run()
    live = memory.server.live(memory.api_id(), "production")["route"].values()
    assert "orders.quit" not in {route["RouteKey"] for route in live}
