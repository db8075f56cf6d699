"""Stages and deployments, through boto3's apigatewayv2."""

from collections.abc import Collection, Iterator, Mapping
from contextlib import suppress

from wsrouter.aws.control import stage_items
from wsrouter.aws.control.call_retry import RetryingCalls
from wsrouter.catalog.snapshot import RouteSettings, Stage
from wsrouter.sync.control_errors import NotFound
from wsrouter.sync.records import Deployment, StageRecord


class StageCalls:
    """The ControlPlane methods for stages and deployments."""

    _aws: RetryingCalls

    def stages(self, api_id: str) -> Iterator[StageRecord]:
        return map(stage_items.stage, self._aws.pages("get_stages", ApiId=api_id))

    def create_stage(self, api_id: str, stage: Stage) -> None:
        arguments = stage_items.stage_arguments(stage)
        self._aws.call("create_stage", ApiId=api_id, **arguments)

    def update_stage(
        self, api_id: str, stage: Stage, *, old: Stage | None = None
    ) -> None:
        if old and old.access_log and not stage.access_log:
            with suppress(NotFound):
                self._aws.call(
                    "delete_access_log_settings", ApiId=api_id, StageName=stage.name
                )
        arguments = stage_items.stage_arguments(stage, old)
        self._aws.call("update_stage", ApiId=api_id, **arguments)

    def set_route_settings(
        self,
        api_id: str,
        name: str,
        settings: Mapping[str, RouteSettings],
        *,
        removed: Collection[str] = (),
    ) -> None:
        for key in removed:
            with suppress(NotFound):
                self._aws.call(
                    "delete_route_settings",
                    ApiId=api_id,
                    StageName=name,
                    RouteKey=key,
                )
        by_key = {
            key: stage_items.settings_arguments(route_settings)
            for key, route_settings in settings.items()
        }
        self._aws.call(
            "update_stage", ApiId=api_id, StageName=name, RouteSettings=by_key
        )

    def point_stage(
        self, api_id: str, name: str, *, deployment_id: str = "", description: str = ""
    ) -> StageRecord:
        optional = {"DeploymentId": deployment_id, "Description": description}
        given = {name: value for name, value in optional.items() if value}
        item = self._aws.call(
            "update_stage", ApiId=api_id, StageName=name, AutoDeploy=False, **given
        )
        return stage_items.stage(item)

    def delete_stage(self, api_id: str, name: str) -> None:
        with suppress(NotFound):
            self._aws.call("delete_stage", ApiId=api_id, StageName=name)

    def deployment(self, api_id: str, deployment_id: str) -> Deployment:
        item = self._aws.call(
            "get_deployment", ApiId=api_id, DeploymentId=deployment_id
        )
        return stage_items.deployment(item)

    def deployments(self, api_id: str) -> Iterator[Deployment]:
        pages = self._aws.pages("get_deployments", ApiId=api_id)
        return map(stage_items.deployment, pages)

    def create_deployment(self, api_id: str, *, description: str) -> Deployment:
        item = self._aws.call(
            "create_deployment", ApiId=api_id, Description=description
        )
        return stage_items.deployment(item)

    def delete_deployment(self, api_id: str, deployment_id: str) -> None:
        with suppress(NotFound):
            self._aws.call(
                "delete_deployment", ApiId=api_id, DeploymentId=deployment_id
            )
