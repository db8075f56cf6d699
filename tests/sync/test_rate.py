"""How many calls and how long 300 routes take within AWS's rates."""

from collections import Counter

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
    assert calls.total() <= 300 + 298 + 35
    assert account.now < 90


def test_looking_again_makes_only_list_calls() -> None:
    counts = {}
    for routes in (20, 300):
        bench, account = a_bench_of(routes)
        run(bench, account)
        account.sleep(60)
        del bench.server.calls[:]
        run(bench, account)
        counts[routes] = Counter(name for name, _ in bench.server.calls)

    once = {"get_apis", "get_api", "get_tags", "get_integrations", "get_authorizers"}
    once |= {"get_models", "get_stage", "get_deployment"}
    for routes, calls in counts.items():
        pages = -(-routes // PAGE)
        assert calls == {**dict.fromkeys(once, 1), "get_routes": pages}
