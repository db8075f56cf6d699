"""The steps that write the stage and deploy to it."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

from wsrouter.errors import SyncError
from wsrouter.sync.control_errors import Invalid, NotFound
from wsrouter.sync.diff import own_settings
from wsrouter.sync.records import Deployment
from wsrouter.sync.server_quirks import Note
from wsrouter.sync.steps.run import Run

POLLS = 60
POLL_SECONDS = 1.0
_LOG_ROLE = "CloudWatch"
_ADVICE = (
    " LOGGING_LEVEL and ACCESS_LOG need a role for CloudWatch in the account:"
    " `aws apigateway update-account --patch-operations"
    " op=replace,path=/cloudwatchRoleArn,value=<role ARN>`."
)


def create_stage(run: Run, _: str) -> None:
    with _advised():
        run.plane.create_stage(run.api_id, run.wanted.stage)


def update_stage(run: Run, _: str) -> None:
    with _advised():
        run.plane.update_stage(run.api_id, run.wanted.stage, old=run.deployed.stage)


def deploy(run: Run, _: str) -> None:
    """Deploy, point the stage to it, and then set what needs deployed routes."""
    deployment = run.plane.create_deployment(
        run.api_id, description=str(run.plan.digest)
    )
    until_deployed(
        deployment,
        lambda: run.plane.deployment(run.api_id, deployment.id),
        run.sleep,
    )
    name = run.wanted.stage.name
    record = run.plane.point_stage(run.api_id, name, deployment_id=deployment.id)
    forgotten = record.deployment_id != deployment.id
    note = Note(
        two_way=run.two_way_forgotten,
        deployment_id=deployment.id if forgotten else "",
    )
    if note:
        run.plane.point_stage(run.api_id, name, description=str(note))
    _route_settings(run)


def delete_deployment(run: Run, deployment_id: str) -> None:
    """It is in nobody's way, so failing to delete it does not fail the run."""
    try:
        run.plane.delete_deployment(run.api_id, deployment_id)
    except SyncError as error:
        run.warn(f"The old deployment {deployment_id} stays. {error}")


def until_deployed(
    deployment: Deployment,
    look: Callable[[], Deployment],
    sleep: Callable[[float], None],
) -> None:
    """Return when it is DEPLOYED; raises SyncError when it will not be."""
    for _ in range(POLLS):
        if deployment.status == "DEPLOYED":
            return
        if deployment.status == "FAILED":
            raise SyncError(
                f"API Gateway could not deploy: {deployment.status_message}"
            )
        sleep(POLL_SECONDS)
        with suppress(NotFound):  # it may be shown a little later
            deployment = look()
    raise SyncError(
        f"The deployment {deployment.id} is still {deployment.status} after"
        f" {POLLS * POLL_SECONDS:.0f} s. Run ws_sync again later."
    )


def _route_settings(run: Run) -> None:
    deployed = own_settings(run.wanted, run.deployed)
    old = deployed.route_settings if deployed else {}
    new = run.wanted.stage.route_settings
    if dict(old) != dict(new):
        run.plane.set_route_settings(
            run.api_id, run.wanted.stage.name, new, removed=sorted(set(old) - set(new))
        )


@contextmanager
def _advised() -> Iterator[None]:
    """Say what to do when the account may not write logs."""
    try:
        yield
    except Invalid as error:
        if _LOG_ROLE not in str(error):
            raise
        raise Invalid(str(error) + _ADVICE) from error
