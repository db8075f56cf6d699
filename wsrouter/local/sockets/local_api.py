"""The API that the local gateway serves: a snapshot, its backend and its behaviour."""

import asyncio
import copy
from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType

from wsrouter.catalog.snapshot import DEFAULT, Integration, RouteEntry, Snapshot
from wsrouter.local.rules import (
    integration_request,
    invocation_event,
    message_schema,
    route_selection,
    stage_paths,
)
from wsrouter.local.rules.behaviour import Behaviour
from wsrouter.local.rules.gateway_event import GatewayEvent
from wsrouter.local.rules.integration_request import IntegrationRequest
from wsrouter.local.rules.stage_throttling import StageThrottle
from wsrouter.local.sockets import lambda_answer
from wsrouter.local.sockets.asgi import Response
from wsrouter.local.sockets.backend import Backend, IntegrationFailure
from wsrouter.wire import local_address, mapping


class LocalApi:
    """Selects routes and calls the integration.

    `snapshot` may be replaced while sockets are open: every event is served by the
    current one. `stage_deleted` is set while the stage does not exist. `principal` is
    the template of the authorizer's principal, and `authorizer_context` those of its
    other values, by name. `region` is the one that @connections
    requests must be signed for; empty allows any.
    """

    def __init__(
        self,
        *,
        snapshot: Snapshot,
        backend: Backend,
        behaviour: Behaviour | None = None,
        api_id: str = local_address.ELSEWHERE,
        principal: str = mapping.NO_PRINCIPAL,
        authorizer_context: Mapping[str, str] = MappingProxyType({}),
        region: str = "",
    ) -> None:
        self.snapshot = snapshot
        self.backend = backend
        self.behaviour = behaviour or Behaviour()
        self.api_id = api_id
        self.principal = principal
        self.authorizer_context = authorizer_context
        self.region = region
        self.throttle = StageThrottle()
        self.stage_deleted = asyncio.Event()

    @property
    def stage(self) -> str:
        return self.snapshot.stage.name

    @property
    def path(self) -> str:
        """The path at which clients connect."""
        return stage_paths.stage_path(self.snapshot) or "/"

    @property
    def management_paths(self) -> set[str]:
        """The paths that `/@connections/` may follow."""
        paths = {stage_paths.stage_path(self.snapshot)}
        if self.behaviour.disabled_endpoint == "works":
            paths.add(stage_paths.execute_api_path(self.snapshot))
        return paths

    @property
    def has_routes(self) -> bool:
        """Whether the events of open sockets find any route."""
        if not self.stage_deleted.is_set():
            return True
        return self.behaviour.deleted_stage == "served"

    @property
    def closes_sockets(self) -> bool:
        """Whether open sockets must be closed because the stage was deleted."""
        return self.stage_deleted.is_set() and self.behaviour.deleted_stage == "closed"

    def select_route(self, text: str) -> str | None:
        """The key of the route that this message selects, None when there is none."""
        if not self.has_routes:
            return None
        expression = self.snapshot.api.route_selection_expression
        key = route_selection.selected_key(text, expression, self.behaviour)
        if key is not None and self.has_route(key):
            return key
        return DEFAULT if self.has_route(DEFAULT) else None

    def has_route(self, key: str) -> bool:
        """Whether the API has that route, managed by wsrouter or not."""
        return key in self.snapshot.routes or key in self.snapshot.unmanaged

    def is_two_way(self, key: str) -> bool:
        """Whether the integration's body goes back to the client. A foreign route is
        taken to have no RouteResponse."""
        route, _ = self._target(key)
        if self.behaviour.route_response == "object" and not route.has_response:
            return False
        return route.two_way

    def allows(self, key: str) -> bool:
        """Whether the stage's throttling lets one more request to that route pass."""
        return self.throttle.allows(self.snapshot.stage, key)

    def validation_error(self, key: str, text: str) -> str | None:
        """What is wrong with this message by the request model of its route."""
        route = self.snapshot.routes.get(key)
        model = self.snapshot.models.get(route.model) if route else None
        if model is None or self.behaviour.validation == "skipped":
            return None
        return message_schema.validation_error(text, model.schema)

    def for_new_socket(self) -> "LocalApi":
        """The API that a socket opened now uses for its whole life."""
        return copy.copy(self) if self.behaviour.redeploy == "former" else self

    async def call(self, event: GatewayEvent) -> Response | IntegrationFailure:
        """Call the integration with `event`."""
        if not self.can_call(event.route_key):
            return IntegrationFailure(cause="this route targets another integration")
        _, integration = self._target(event.route_key)
        try:
            request = self._request(event, integration)
        except ValueError as error:
            cause = f"a request parameter cannot be evaluated: {error}"
            return IntegrationFailure(cause=cause)
        response = await self._post_again(request, integration)
        if integration.invokes_function and isinstance(response, Response):
            return lambda_answer.read(response)
        return response

    def _request(
        self, event: GatewayEvent, integration: Integration
    ) -> IntegrationRequest:
        if self.behaviour.disconnect_code == "null":
            event = replace(event, close=None)
        if integration.invokes_function:
            return invocation_event.build(event, api_id=self.api_id, stage=self.stage)
        return integration_request.build(
            event,
            integration=integration,
            api_id=self.api_id,
            stage=self.stage,
            behaviour=self.behaviour,
        )

    async def _post_again(
        self, request: IntegrationRequest, integration: Integration
    ) -> Response | IntegrationFailure:
        """Post, and again as the switch `retry` says."""
        response = await self._post(request, integration)
        if isinstance(response, Response) or response.timed_out:
            return response
        if self.behaviour.retry == "once":
            return await self._post(request, integration)
        return response

    def can_call(self, key: str) -> bool:
        """Whether the integration of that route is known."""
        return key in self.snapshot.routes or key in self.snapshot.foreign

    def _target(self, key: str) -> tuple[RouteEntry, Integration]:
        if foreign := self.snapshot.foreign.get(key):
            return foreign.route, foreign.integration
        return self.snapshot.routes[key], self.snapshot.integration

    async def _post(
        self, request: IntegrationRequest, integration: Integration
    ) -> Response | IntegrationFailure:
        return await self.backend.post(
            request,
            uri=integration.uri,
            timeout_seconds=integration.timeout_millis / 1000,
        )
