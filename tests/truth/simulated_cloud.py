"""API Gateway with both of its planes: the strict control plane in memory, and a local
gateway for each API that it deploys."""

import copy
from contextlib import ExitStack
from typing import Any

from botocore.exceptions import ClientError

from tests.local.running_gateway import RunningGateway, running
from tests.ports import free_port
from tests.simulated_aws.api_gateway import Members, MemoryApiGateway
from tests.simulated_aws.resource_rules import RULES
from wsrouter.aws.control.control_plane import ApiGatewayControlPlane
from wsrouter.local.rules.behaviour import Behaviour, Limits
from wsrouter.sync.reading import read_published
from wsrouter.sync.target import Target
from wsrouter.truth.snapshots import ALIAS, STAGE

_DEPLOYING = {"create_deployment", "update_stage", "delete_stage", "delete_api"}


class CloudServer(MemoryApiGateway):
    """`behaviour` is how every API behaves; `gateways` are the running ones, by API."""

    def __init__(self, stack: ExitStack, behaviour: Behaviour, limits: Limits) -> None:
        super().__init__(RULES, pending_polls=0)
        self.gateways: dict[str, RunningGateway] = {}
        self.ports: dict[str, int] = {}
        self._stack, self._behaviour, self._limits = stack, behaviour, limits

    def _finish(self, noun: str, members: Members, item: Members) -> None:
        super()._finish(noun, members, item)
        if noun == "api":
            port = self.ports[item["ApiId"]] = free_port()
            item["ApiEndpoint"] = f"ws://127.0.0.1:{port}"

    def _answer(self, operation: str, /, **members: Any) -> Members:
        answer = super()._answer(operation, **members)
        if operation in _DEPLOYING:
            self._serve(members["ApiId"])
        return answer

    def _is_served(self, api_id: str) -> bool:
        """Whether the API has a stage with a deployment."""
        try:
            stage = self.get("stage", {"ApiId": api_id, "StageName": STAGE})
        except ClientError:
            return False
        return "DeploymentId" in stage

    def _serve(self, api_id: str) -> None:
        """Let the API's local gateway serve what is deployed."""
        view = copy.copy(self)
        view.calls, view.before, view.after = [], _nothing, _nothing
        plane = ApiGatewayControlPlane(client=view, sleep=lambda _: None)
        target = Target(alias=ALIAS, stage=STAGE, api_id=api_id)
        if not self._is_served(api_id):
            if gateway := self.gateways.get(api_id):
                gateway.do(gateway.gateway.delete_stage)
            return
        snapshot = read_published(plane, target).snapshot()
        if api_id in self.gateways:
            gateway = self.gateways[api_id]
            gateway.do(lambda: setattr(gateway.gateway.api, "snapshot", snapshot))
            return
        self.gateways[api_id] = self._stack.enter_context(
            running(
                snapshot,
                snapshot.integration.uri,
                behaviour=self._behaviour,
                limits=self._limits,
                port=self.ports[api_id],
                api_id=api_id,
            )
        )


def _nothing(_: str) -> None:
    pass
