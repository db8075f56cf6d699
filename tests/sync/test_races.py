"""Two first runs at once, late reads and killed runs between them."""

import threading
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.effort import examples
from tests.simulated_aws.control_plane import MemoryControlPlane
from tests.sync.bench import Bench, a_gateway, a_spec
from wsrouter.aws.botocore_errors import refusal
from wsrouter.errors import SyncError


def a_bench(server: Any) -> Bench:
    return Bench(server=server, gateway=a_gateway(api_name="shop"), spec=a_spec("a"))


def apis(server: Any) -> list[str]:
    return [api.id for api in a_bench(server).plane.apis()]


def assert_settled(server: Any) -> None:
    """One of everything, all of it served."""
    bench = a_bench(server)
    assert len(apis(server)) == 1
    assert len(bench.integrations()) == 1
    assert bench.plan(deep=True).in_sync
    live = server.live(bench.api_id(), "production")["route"].values()
    assert {resource["RouteKey"] for resource in live} == {
        "$connect",
        "$disconnect",
        "$default",
        "a",
    }


def count(run: Callable[[Any], object]) -> int:
    server = MemoryControlPlane().server
    run(server)
    return len(server.calls)


def test_a_whole_run_inside_of_another() -> None:
    calls = count(lambda server: a_bench(server).run())
    for position in range(1, calls + 1):
        server = MemoryControlPlane().server
        seen = 0

        def other(
            operation: str, position: int = position, server: Any = server
        ) -> None:
            nonlocal seen
            seen += 1
            if seen == position:
                a_bench(server).run()

        server.before = other
        a_bench(server).run()
        server.before = lambda operation: None
        assert_settled(server)


class Turns:
    """Lets two threads call by a schedule: which of them makes the next call."""

    def __init__(self, schedule: list[int]) -> None:
        self.schedule = schedule
        self.condition = threading.Condition()
        self.left = {0, 1}

    def wait(self, who: int) -> None:
        with self.condition:
            while self.schedule and self.schedule[0] != who and len(self.left) == 2:
                self.condition.wait()
            if self.schedule and self.schedule[0] == who:
                self.schedule.pop(0)
            self.condition.notify_all()

    def leave(self, who: int) -> None:
        with self.condition:
            self.left.discard(who)
            self.condition.notify_all()


@settings(max_examples=examples(120), deadline=None)
@given(st.lists(st.integers(0, 1), max_size=60))
def test_two_first_runs_in_any_order_of_calls(schedule: list[int]) -> None:
    server = MemoryControlPlane().server
    turns, lock, errors = Turns(schedule), threading.Lock(), []
    names = threading.local()
    answer = server._answer

    def in_turn(operation: str, /, **members: Any) -> Any:
        turns.wait(names.number)
        with lock:
            return answer(operation, **members)

    server._answer = in_turn

    def work(number: int) -> None:
        names.number = number
        try:
            a_bench(server).run()
        except SyncError as error:
            errors.append(error)
        finally:
            turns.leave(number)

    threads = [threading.Thread(target=work, args=(number,)) for number in (0, 1)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    server._answer = answer
    # A run that started while there were two is told so; the other one finishes.
    assert len(errors) < 2
    told = ("Two APIs have the tag", "several integrations with the Description")
    assert all(any(outcome in str(error) for outcome in told) for error in errors), (
        errors
    )
    assert_settled(server)


def test_the_earliest_stays(memory: Bench) -> None:
    late: list[str] = []

    def other(operation: str) -> None:
        if operation == "create_api" and not late:
            late.append("")
            made = memory.server.create_api(
                Name="x",
                ProtocolType="WEBSOCKET",
                RouteSelectionExpression="$request.body.action",
                Tags={"wsrouter:gateway": memory.gateway.api_name},
            )
            late[0] = made["ApiId"]

    memory.server.after = other
    mine = memory.run().api_id
    memory.server.after = lambda operation: None

    assert mine != late[0]
    assert late[0] in [api.id for api in memory.plane.apis()]


def test_only_what_it_created_is_deleted(memory: Bench) -> None:
    memory.run()
    del memory.server.calls[:]
    memory.change(timeout=5.0)
    memory.run()

    assert not [name for name in memory.server.writes if name.startswith("delete")]


@pytest.mark.parametrize("late", [1, 2, 4])
def test_reads_that_come_late(memory: Bench, late: int) -> None:
    memory.server.late_reads = late
    memory.run()
    memory.server.late_reads = 0

    assert len(memory.integrations()) == 1
    assert memory.plan().in_sync


@pytest.mark.parametrize("late", [1, 2, 4])
def test_changes_that_come_late(memory: Bench, late: int) -> None:
    memory.run()
    memory.server.late_reads = late
    memory.change(timeout=5.0, tags={"team": "shop"}, reply_via="connection")
    memory.spec = a_spec("orders.watch", "orders.list")
    memory.run(prune=True)
    memory.server.late_reads = 0

    assert memory.server.writes.count("create_deployment") == 2
    assert memory.plan(prune=True).in_sync


@pytest.mark.parametrize("operation", ["create_api", "create_integration"])
def test_a_lost_answer_and_late_reads(memory: Bench, operation: str) -> None:
    seen: list[str] = []

    def lose(name: str) -> None:
        if name == operation and not seen:
            seen.append(name)
            raise refusal(name, "InternalFailure", "", 500)

    memory.server.after = lose
    memory.run()

    assert len(list(memory.plane.apis())) == 1
    assert len(memory.integrations()) == 1
    assert memory.plan().in_sync


def test_a_conflict_that_stays_is_an_error(memory: Bench) -> None:
    def refuse(operation: str) -> None:
        if operation == "create_stage":
            raise refusal(operation, "ConflictException", "Stage already exists", 409)

    memory.server.before = refuse
    with pytest.raises(SyncError, match="CreateStage: Stage already exists"):
        memory.run()
