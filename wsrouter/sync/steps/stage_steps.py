"""The steps that write the stage and deploy to it."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

from wsrouter.errors import SyncError
from wsrouter.sync.control_errors import Invalid, NotFound
from wsrouter.sync.diff import stage_with_owned_settings
from wsrouter.sync.records import Deployment
from wsrouter.sync.server_quirks import ServerQuirks
from wsrouter.sync.steps.run import Run

MAX_POLLS = 60
POLL_SECONDS = 1.0
_LOG_ROLE_ERROR = "CloudWatch"
"""A word of the error that AWS answers where the account has no role for logs."""
_LOG_ROLE_ADVICE = (
    " LOGGING_LEVEL and ACCESS_LOG need a CloudWatch role in the account settings:"
    " `aws apigateway update-account --patch-operations"
    " op=replace,path=/cloudwatchRoleArn,value=<role ARN>`."
)


def create_stage(run: Run, _: str) -> None:
    with _log_role_advice():
        run.plane.create_stage(run.api_id, run.wanted.stage)


def update_stage(run: Run, _: str) -> None:
    with _log_role_advice():
        run.plane.update_stage(run.api_id, run.wanted.stage, old=run.deployed.stage)


def deploy(run: Run, _: str) -> None:
    """Deploy, point the stage to the deployment, and then write the route settings:
    AWS takes those for deployed routes only."""
    deployment = run.plane.create_deployment(
        run.api_id, description=str(run.plan.digest)
    )
    wait_until_deployed(
        deployment,
        lambda: run.plane.deployment(run.api_id, deployment.id),
        run.sleep,
    )
    name = run.wanted.stage.name
    record = run.plane.point_stage(run.api_id, name, deployment_id=deployment.id)
    is_hidden = record.deployment_id != deployment.id
    quirks = ServerQuirks(
        hides_two_way=run.two_way_is_hidden,
        deployment_id=deployment.id if is_hidden else "",
    )
    if quirks:
        run.plane.point_stage(run.api_id, name, description=str(quirks))
    _route_settings(run)


def delete_deployment(run: Run, deployment_id: str) -> None:
    """An old deployment does no harm, so a failure to delete it is only a warning."""
    try:
        run.plane.delete_deployment(run.api_id, deployment_id)
    except SyncError as error:
        run.warn(f"The old deployment {deployment_id} was not deleted. {error}")


def wait_until_deployed(
    deployment: Deployment,
    read: Callable[[], Deployment],
    sleep: Callable[[float], None],
) -> None:
    """Return when the status is DEPLOYED; raises SyncError when it is FAILED, or still
    pending after `MAX_POLLS` reads."""
    for _ in range(MAX_POLLS):
        if deployment.status == "DEPLOYED":
            return
        if deployment.status == "FAILED":
            raise SyncError(
                f"API Gateway could not deploy: {deployment.status_message}"
            )
        sleep(POLL_SECONDS)
        with suppress(NotFound):  # AWS may show a new deployment only after a delay
            deployment = read()
    raise SyncError(
        f"The deployment {deployment.id} is still {deployment.status} after"
        f" {MAX_POLLS * POLL_SECONDS:.0f} s. Run ws_sync again later."
    )


def _route_settings(run: Run) -> None:
    deployed = stage_with_owned_settings(run.wanted, run.deployed)
    old = deployed.route_settings if deployed else {}
    new = run.wanted.stage.route_settings
    if dict(old) != dict(new):
        run.plane.set_route_settings(
            run.api_id, run.wanted.stage.name, new, removed=sorted(set(old) - set(new))
        )


@contextmanager
def _log_role_advice() -> Iterator[None]:
    """Add advice to the error of an account that has no role for logs."""
    try:
        yield
    except Invalid as error:
        if _LOG_ROLE_ERROR not in str(error):
            raise
        raise Invalid(str(error) + _LOG_ROLE_ADVICE) from error
