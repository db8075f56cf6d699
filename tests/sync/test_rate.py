"""How many calls and how long 300 routes take within AWS's rates."""

from collections import Counter
from typing import Any

import pytest

from tests.simulated_aws.control_plane import MemoryControlPlane
from tests.sync.bench import Bench, a_spec
from tests.sync.test_options import DOMAIN, ON_AWS, ON_BOTH
from wsrouter.aws.botocore_errors import refusal
from wsrouter.aws.control.control_plane import ApiGatewayControlPlane
from wsrouter.sync.plan import prepare
from wsrouter.sync.publish import publish
from wsrouter.sync.target import Target
from wsrouter.sync.wanted import wanted_snapshot

RATE, BURST = 10.0, 40
LATENCY_SECONDS = 0.03
DEPLOYMENT_SECONDS = 5.0
PAGE = 100


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
    snapshot = wanted_snapshot(bench.gateway, bench.spec)
    plan = prepare(plane, Target.of(bench.gateway), snapshot)
    publish(plane, plan, sleep=account.sleep)


def test_three_hundred_routes_from_nothing() -> None:
    bench, account = a_bench_of(300)
    run(bench, account)

    calls = Counter(name for name, _ in bench.server.calls)
    assert calls["create_route"] == 300
    assert calls["create_route_response"] == 298
    assert calls["create_deployment"] == 1
    assert calls.total() == 617  # as docs/reference/ws_sync.md says
    assert account.now < 90


LISTS = {
    "get_apis",
    "get_authorizers",
    "get_deployments",
    "get_integrations",
    "get_models",
    "get_routes",
    "get_stages",
}
"""Each is one call, as long as its items fit on a page."""


def calls_of_looking_again(
    routes: int, *, page: int = PAGE, **changes: Any
) -> Counter[str]:
    bench, account = a_bench_of(routes)
    bench.server.page = page
    bench.change(**changes)
    run(bench, account)
    return calls_of_a_run(bench, account)


def calls_of_a_run(bench: Bench, account: Account) -> Counter[str]:
    account.sleep(60)
    del bench.server.calls[:]
    run(bench, account)
    return Counter(name for name, _ in bench.server.calls)


@pytest.mark.parametrize("routes", [3, 20, 300])
def test_looking_again_makes_only_list_calls(routes: int) -> None:
    calls = calls_of_looking_again(routes)

    pages = -(-routes // PAGE)
    assert calls == {**dict.fromkeys(LISTS, 1), "get_routes": pages}


def test_a_server_with_smaller_pages_is_asked_for_more_of_them() -> None:
    calls = calls_of_looking_again(300, page=25)

    assert calls == {**dict.fromkeys(LISTS, 1), "get_routes": 12}


def test_a_custom_domain_adds_two_lists() -> None:
    calls = calls_of_looking_again(20, domain=DOMAIN)

    lists = {*LISTS, "get_domain_names", "get_api_mappings"}
    assert calls == dict.fromkeys(lists, 1)


@pytest.mark.parametrize("changes", [ON_BOTH, ON_AWS], ids=["both", "aws"])
def test_options_add_no_other_call(changes: dict[str, Any]) -> None:
    changes = {**changes, "throttling": None, "domain": None}
    changes["validate_at_gateway"] = False

    assert calls_of_looking_again(20, **changes) == dict.fromkeys(LISTS, 1)


def test_an_api_found_by_its_id_is_read_from_the_list() -> None:
    bench, account = a_bench_of(20)
    run(bench, account)
    bench.change(api_id=bench.api_id())
    run(bench, account)

    assert calls_of_a_run(bench, account) == dict.fromkeys(LISTS, 1)


def test_an_api_found_by_its_id_needs_no_list() -> None:
    """It may be all that the publisher is allowed to read."""
    bench, account = a_bench_of(20)
    run(bench, account)
    bench.change(api_id=bench.api_id())
    run(bench, account)

    def forbid(operation: str) -> None:
        if operation == "get_apis":
            raise refusal(operation, "AccessDeniedException", "no", 403)

    bench.server.before = forbid
    calls = calls_of_a_run(bench, account)
    assert calls == dict.fromkeys({*LISTS, "get_api", "get_tags"} - {"get_apis"}, 1)


def test_looking_again_costs_the_same_after_many_publications() -> None:
    bench, account = a_bench_of(20)
    bench.server.page = 25
    for number in range(60):
        bench.change(timeout=1.0 + number / 10)
        account.sleep(60)
        run(bench, account)

    assert calls_of_a_run(bench, account) == dict.fromkeys(LISTS, 1)


def test_deployments_are_read_up_to_the_one_of_the_stage() -> None:
    bench, account = a_bench_of(20)
    run(bench, account)
    for _ in range(30):
        account.sleep(60)
        bench.server.create_deployment(ApiId=bench.api_id(), Description="by hand")

    bench.server.page = 10
    calls = calls_of_a_run(bench, account)
    assert calls["get_deployments"] == 1  # the oldest of 31 is on the first page
