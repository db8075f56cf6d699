"""A run that is stopped anywhere leaves nothing behind, and touches nothing else."""

import copy
from collections.abc import Callable, Iterator

import pytest
from django.core.management.base import CommandError

from tests.simulated_aws.api_gateway import Members, MemoryApiGateway
from tests.simulated_aws.resource_rules import RULES
from tests.sync.test_interruption import broken_from, fail_once, time_out_once
from tests.truth.command import EVERYTHING, ask, run
from wsrouter.aws.control.control_plane import ApiGatewayControlPlane
from wsrouter.truth import points, snapshots
from wsrouter.truth.bench import Bench
from wsrouter.truth.editions import Editions
from wsrouter.truth.probe import probe
from wsrouter.truth.verdict import Verdict, observed
from wsrouter.wiring import publisher

FOREIGN: Members = {
    "Name": "shop",
    "ProtocolType": "WEBSOCKET",
    "RouteSelectionExpression": "$request.body.action",
    "Tags": {"wsrouter:gateway": "shop"},
}
STEP = 1 if EVERYTHING else 17
"""`nox -s truth` stops at every call, the suite at some of them."""
Hook = Callable[[str], None]


@probe(1, "Does changing an API work?", edition="validated")
def changes(bench: Bench) -> Iterator[Verdict]:
    """Everything that probes do with the control plane."""
    bench.apis.publish(snapshots.redeployed(bench.general))
    bench.apis.publish(snapshots.disabled(bench.general))
    bench.apis.delete_stage(bench.api)
    yield observed("it did")


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> MemoryApiGateway:
    """A control plane where somebody else has an API; the only probe is `changes`."""
    made = MemoryApiGateway(RULES, pending_polls=0)
    made.create_api(**FOREIGN)
    plane = ApiGatewayControlPlane(client=made, sleep=lambda _: None)
    monkeypatch.setattr(publisher, "control_plane", lambda *_, **__: plane)
    monkeypatch.setattr(points, "PROBES", (changes,))
    monkeypatch.setattr(Editions, "_wait", lambda *_: None)
    del made.calls[:]
    return made


def apis(server: MemoryApiGateway) -> dict[str, Members]:
    """Every API by its name, asked behind the hooks."""
    return {api["Name"]: copy.deepcopy(api) for api in server.table("api", {}).values()}


def interrupt_at(number: int) -> Hook:
    """A hook that presses Ctrl-C at one call."""
    seen = 0

    def hook(_: str) -> None:
        nonlocal seen
        seen += 1
        if seen == number:
            raise KeyboardInterrupt

    return hook


def outcome(endpoint: str) -> str:
    """What the command says in the end, also when it fails."""
    try:
        return ask(endpoint)
    except CommandError as error:
        return str(error)


def silent(_: str) -> None:
    pass


@pytest.fixture
def calls(server: MemoryApiGateway, endpoint: str) -> int:
    """How many calls a whole run makes."""
    before = apis(server)
    assert "observed:  it did" in ask(endpoint)
    assert apis(server) == before
    count = len(server.calls)
    assert count > 40
    return count


@pytest.mark.parametrize("place", ["before", "after"])
def test_ctrl_c_at_any_call(
    server: MemoryApiGateway, endpoint: str, calls: int, place: str
) -> None:
    before = apis(server)
    for number in range(1, calls + 1, STEP):
        setattr(server, place, interrupt_at(number))
        said = outcome(endpoint)
        assert "Interrupted." in said or "Still deleting; Ctrl-C again" in said
        setattr(server, place, silent)
        assert apis(server) == before, f"interrupted at call {number}"


@pytest.mark.parametrize("place", ["before", "after"])
@pytest.mark.parametrize("hook", [lambda n: fail_once(n, 500), time_out_once])
def test_an_error_at_any_call(
    server: MemoryApiGateway,
    endpoint: str,
    calls: int,
    hook: Callable[[int], Hook],
    place: str,
) -> None:
    before = apis(server)
    for number in range(1, calls + 1, STEP):
        setattr(server, place, hook(number))
        ask(endpoint)
        setattr(server, place, silent)
        assert apis(server) == before, f"an error at call {number}"


def test_what_cannot_be_deleted_is_cleaned_later(
    server: MemoryApiGateway, endpoint: str, calls: int
) -> None:
    before = apis(server)
    for number in range(1, calls, 5 * STEP):
        server.before = broken_from(number)
        with pytest.raises(CommandError):
            ask(endpoint)
        server.before = silent
        run("--clean", "--yes")
        assert apis(server) == before, f"broken from call {number}"
    assert "No run has left anything behind." in run("--clean", "--yes")


@pytest.mark.parametrize("late", [1, 3])
def test_an_api_that_lists_show_late(
    server: MemoryApiGateway,
    endpoint: str,
    late: int,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    before = apis(server)

    def hook(operation: str) -> None:
        if operation == "create_api":
            server.late_reads = 0
            raise KeyboardInterrupt

    server.late_reads, server.after = late, hook
    with pytest.raises(CommandError, match=r"Interrupted\."):
        ask(endpoint)
    assert apis(server) == before


def test_only_apis_with_the_tag_are_cleaned(server: MemoryApiGateway) -> None:
    ours = {"wsrouter:truth": "0123", "wsrouter:gateway": "wsrouter-truth-0123-x"}
    server.create_api(**{**FOREIGN, "Name": "left behind", "Tags": ours})
    namesake = "wsrouter-truth-0123-general"
    server.create_api(
        **{**FOREIGN, "Name": namesake, "Tags": {"wsrouter:gateway": "x"}}
    )
    said = run("--clean", "--yes")
    assert "left behind" in said
    assert set(apis(server)) == {"shop", namesake}


def test_nothing_is_cleaned_without_consent(server: MemoryApiGateway) -> None:
    server.create_api(**{**FOREIGN, "Name": "left", "Tags": {"wsrouter:truth": "1"}})
    with pytest.raises(CommandError, match="needs --yes"):
        run("--clean")
    assert set(apis(server)) == {"shop", "left"}
