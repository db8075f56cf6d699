"""Every publication leaves a deployment behind; the old ones go with later ones."""

import pytest

from tests.sync.bench import Bench
from tests.sync.test_interruption import Killed, kill_after
from wsrouter.aws.botocore_errors import refusal
from wsrouter.sync import render
from wsrouter.sync.outdated import DELETED_PER_RUN, KEPT_DEPLOYMENTS
from wsrouter.sync.publish import publish


def publish_often(bench: Bench, times: int) -> None:
    for number in range(times):
        bench.change(timeout=1.0 + number / 10)
        bench.run()


def deployments(bench: Bench) -> list[str]:
    return [deployment["DeploymentId"] for deployment in bench.all("get_deployments")]


def leftovers(bench: Bench, number: int) -> list[str]:
    """Own deployments that no run has deleted, as a version before left them."""
    bench.run()
    (own,) = bench.all("get_deployments")
    made = [
        bench.server.create_deployment(
            ApiId=bench.api_id(), Description=own["Description"]
        )
        for _ in range(number)
    ]
    return [own["DeploymentId"], *(deployment["DeploymentId"] for deployment in made)]


def deleted(bench: Bench) -> list[str]:
    return [
        change.key
        for change in bench.plan().changes
        if (change.action, change.resource) == ("delete", "deployment")
    ]


def test_they_do_not_pile_up(memory: Bench) -> None:
    publish_often(memory, KEPT_DEPLOYMENTS + 8)

    assert len(deployments(memory)) == KEPT_DEPLOYMENTS + 1
    assert memory.server.writes.count("delete_deployment") == 7


def test_the_plan_names_them(memory: Bench) -> None:
    publish_often(memory, KEPT_DEPLOYMENTS + 1)
    first = deployments(memory)[0]
    assert deleted(memory) == []
    memory.change(timeout=29.0)

    assert f"- deployment {first}" in render.plan_text(memory.plan())
    assert render.json_values(memory.plan())["changes"][-1] == {
        "action": "delete",
        "resource": "deployment",
        "key": first,
        "fields": {},
    }
    memory.run()
    assert first not in deployments(memory)
    assert memory.plan().in_sync


def test_only_few_go_at_once(memory: Bench) -> None:
    oldest = leftovers(memory, 40)[1:][:DELETED_PER_RUN]
    memory.change(timeout=5.0)

    assert deleted(memory) == oldest


def test_with_nothing_to_do_they_stay(memory: Bench) -> None:
    leftovers(memory, 40)

    assert memory.plan().in_sync
    assert [name for name in memory.quiet_calls() if "delete" in name] == []


def test_those_of_others_stay(memory: Bench) -> None:
    memory.run()
    theirs = [
        memory.server.create_deployment(ApiId=memory.api_id(), Description=text)
        for text in ["", "by hand", "wsrouter: removed"] * 10
    ]
    publish_often(memory, KEPT_DEPLOYMENTS + 5)

    assert {deployment["DeploymentId"] for deployment in theirs} < {
        *deployments(memory)
    }


def test_what_another_stage_uses_stays(memory: Bench) -> None:
    made = leftovers(memory, 2 * KEPT_DEPLOYMENTS)
    for number, used in enumerate(made[1:3]):
        _serve(memory, f"stage{number}", used)
    memory.change(timeout=5.0)

    assert deleted(memory) == made[3 : 3 + DELETED_PER_RUN]


def _serve(bench: Bench, stage: str, deployment_id: str) -> None:
    ids = {"ApiId": bench.api_id(), "DeploymentId": deployment_id}
    bench.server.get_deployment(**ids)
    bench.server.create_stage(**ids, StageName=stage)


def test_a_refusal_is_only_a_warning(memory: Bench) -> None:
    made = leftovers(memory, KEPT_DEPLOYMENTS + 1)

    def refuse(operation: str) -> None:
        if operation == "delete_deployment":
            raise refusal(operation, "AccessDeniedException", "no", 403)

    memory.server.before = refuse
    memory.change(timeout=5.0)
    published = memory.run()

    assert memory.plan().in_sync
    (warning,) = published.warnings
    assert warning.startswith(
        f"The old deployment {made[1]} was not deleted. AWS refused"
    )


def test_one_that_is_used_in_between_stays(memory: Bench) -> None:
    used = leftovers(memory, KEPT_DEPLOYMENTS + 1)[1]
    memory.change(timeout=5.0)
    plan = memory.plan()
    _serve(memory, "rollback", used)
    published = publish(memory.plane, plan, sleep=lambda _: None)

    assert used in deployments(memory)
    assert "Active stages" in published.warnings[0]


@pytest.mark.parametrize("writes", range(1, 7))
def test_a_run_killed_anywhere_is_finished(memory: Bench, writes: int) -> None:
    leftovers(memory, 2 * KEPT_DEPLOYMENTS)
    memory.change(timeout=5.0)
    memory.server.after = kill_after(writes)
    try:
        memory.run()
    except Killed:
        memory.server.after = lambda _: None
        memory.run()

    assert memory.plan().in_sync
    live = memory.server.get_stage(ApiId=memory.api_id(), StageName="production")
    assert live["DeploymentId"] in deployments(memory)
    publish_often(memory, KEPT_DEPLOYMENTS)
    assert len(deployments(memory)) == KEPT_DEPLOYMENTS + 1
