"""The steps that let API Gateway invoke a Lambda function, or no longer."""

from wsrouter.sync.steps.run import Run


def create_permission(run: Run, function: str) -> None:
    run.plane.permit(function, run.api_id)


def delete_permission(run: Run, function: str) -> None:
    run.plane.forbid(function, run.api_id)
