"""How many calls and how long 300 routes take within AWS's rates."""

from collections import Counter

import pytest

from tests.sync.bench import Bench, a_spec
from wsrouter.aws.control_plane import ApiGatewayControlPlane
from wsrouter.aws.failures import refusal
from wsrouter.sync.desired import wanted
from wsrouter.sync.plan import prepare
from wsrouter.sync.publish import publish
from wsrouter.sync.target import Target
from wsrouter.testing.control_plane import MemoryControlPlane

RATE, BURST = 10.0, 40
LATENCY_SECONDS = 0.03
DEPLOYMENT_SECONDS = 5.0
PAGE = 25


class Account:
    """A simulated clock and what AWS allows: 10 calls a second, 40 at once, and one
    CreateDeployment in five seconds."""

    def __init__(self) -> None:
        self.now = 0.0
        self.tokens = float(BURST)
        self.refilled = 0.0
        self.deployed = -DEPLOYMENT_SECONDS
        self.refused = 0

    def sleep(self, seconds: float) -> None:
        self.now += seconds

    def call(self, operation: str) -> None:
        self.now += LATENCY_SECONDS
        self.tokens = min(BURST, self.tokens + (self.now - self.refilled) * RATE)
        self.refilled = self.now
        early = self.now - self.deployed < DEPLOYMENT_SECONDS
        if self.tokens < 1 or (operation == "create_deployment" and early):
            self.refused += 1
            raise refusal(operation, "TooManyRequestsException", "Too Many", 429)
        self.tokens -= 1
        if operation == "create_deployment":
            self.deployed = self.now


def a_bench_of(routes: int) -> tuple[Bench, Account]:
    account, server = Account(), MemoryControlPlane().server
    server.page, server.before = PAGE, account.call
    keys = [f"route.{number}" for number in range(routes - 3)]
    return Bench(server=server, spec=a_spec(*keys)), account


def run(bench: Bench, account: Account) -> None:
    plane = ApiGatewayControlPlane(client=bench.server, sleep=account.sleep)
    snapshot = wanted(bench.gateway, bench.spec)
    plan = prepare(plane, Target.of(bench.gateway), snapshot)
    publish(plane, plan, sleep=account.sleep)


def test_three_hundred_routes_from_nothing() -> None:
    bench, account = a_bench_of(300)
    run(bench, account)

    calls = Counter(name for name, _ in bench.server.calls)
    assert calls["create_route"] == 300
    assert calls["create_route_response"] == 298
    assert calls["create_deployment"] == 1
    assert calls.total() == 627  # as docs/reference/ws_sync.md says
    assert account.now < 90


LISTS = {
    "get_apis",
    "get_authorizers",
    "get_integrations",
    "get_models",
    "get_stages",
}
DEPLOYMENT = "get_deployment"
"""The one read by id: the list of deployments grows with every publication."""


def calls_of_looking_again(routes: int, page: int) -> Counter[str]:
    bench, account = a_bench_of(routes)
    bench.server.page = page
    run(bench, account)
    account.sleep(60)
    del bench.server.calls[:]
    run(bench, account)
    return Counter(name for name, _ in bench.server.calls)


@pytest.mark.parametrize("routes", [3, 20, 300])
def test_looking_again_makes_only_list_calls(routes: int) -> None:
    calls = calls_of_looking_again(routes, PAGE)

    pages = -(-routes // PAGE)
    assert calls == {**dict.fromkeys({*LISTS, DEPLOYMENT}, 1), "get_routes": pages}


def test_only_the_pages_of_routes_grow() -> None:
    assert calls_of_looking_again(3, 300) == calls_of_looking_again(300, 300)


def test_an_api_found_by_its_id_is_not_listed() -> None:
    bench, account = a_bench_of(20)
    run(bench, account)
    bench.change(api_id=bench.api_id())
    run(bench, account)
    del bench.server.calls[:]
    run(bench, account)

    names = [name for name, _ in bench.server.calls]
    assert "get_apis" not in names
    assert sorted({*names} - LISTS) == ["get_api", DEPLOYMENT, "get_routes", "get_tags"]
