"""The API that is served: a snapshot, its backend and how it behaves."""

import asyncio
import copy

from wsrouter.catalog.snapshot import DEFAULT, Snapshot
from wsrouter.local.rules import (
    integration_request,
    message_schema,
    route_selection,
    stage_paths,
)
from wsrouter.local.rules.behaviour import Behaviour
from wsrouter.local.rules.gateway_event import Event
from wsrouter.local.rules.integration_request import IntegrationRequest
from wsrouter.local.rules.stage_throttling import Throttle
from wsrouter.local.sockets.asgi import Answer
from wsrouter.local.sockets.backend import Backend, Failure
from wsrouter.wire import local_address, mapping


class Api:
    """Selects routes and calls the integration. `snapshot` may be replaced while
    sockets are open: every event is served by the current one. `deleted` is set while
    the stage does not exist. `principal` is whom an authorizer names; `region` the one
    that @connections takes signatures for, empty for any."""

    def __init__(
        self,
        *,
        snapshot: Snapshot,
        backend: Backend,
        behaviour: Behaviour | None = None,
        api_id: str = local_address.ELSEWHERE,
        principal: str = mapping.NOBODY,
        region: str = "",
    ) -> None:
        self.snapshot = snapshot
        self.backend = backend
        self.behaviour = behaviour or Behaviour()
        self.api_id = api_id
        self.principal = principal
        self.region = region
        self.throttle = Throttle()
        self.deleted = asyncio.Event()

    @property
    def stage(self) -> str:
        return self.snapshot.stage.name

    @property
    def path(self) -> str:
        """Where clients connect."""
        return stage_paths.root(self.snapshot) or "/"

    @property
    def management_paths(self) -> set[str]:
        """What @connections may follow."""
        found = {stage_paths.root(self.snapshot)}
        if self.behaviour.disabled_endpoint == "works":
            found.add(stage_paths.own(self.snapshot))
        return found

    @property
    def has_routes(self) -> bool:
        """Whether the events of open sockets find any."""
        return not self.deleted.is_set() or self.behaviour.deleted_stage == "served"

    @property
    def closes(self) -> bool:
        """Whether sockets may not stay open."""
        return self.deleted.is_set() and self.behaviour.deleted_stage == "closed"

    def select(self, text: str) -> str | None:
        """The key of the route that this message selects, None when there is none."""
        if not self.has_routes:
            return None
        expression = self.snapshot.api.route_selection_expression
        key = route_selection.key_of(text, expression, self.behaviour)
        if key is not None and self.has(key):
            return key
        return DEFAULT if self.has(DEFAULT) else None

    def has(self, key: str) -> bool:
        """Whether there is such a route, ours or that of another integration."""
        return key in self.snapshot.routes or key in self.snapshot.unmanaged

    def is_two_way(self, key: str) -> bool:
        """Whether the integration's body goes back to the client."""
        route = self.snapshot.routes[key]
        if self.behaviour.route_response == "object" and not route.has_response:
            return False
        return route.two_way

    def takes(self, key: str) -> bool:
        """Whether the stage's limits let one more request to that route pass."""
        return self.throttle.takes(self.snapshot.stage, key)

    def problem(self, key: str, text: str) -> str | None:
        """What the route's model says against this message."""
        route = self.snapshot.routes.get(key)
        model = self.snapshot.models.get(route.model) if route else None
        if model is None or self.behaviour.validation == "skipped":
            return None
        return message_schema.problem(text, model.schema)

    def at_handshake(self) -> "Api":
        """The API that a socket opened now has for all of its life."""
        return copy.copy(self) if self.behaviour.redeploy == "former" else self

    async def call(self, event: Event) -> Answer | Failure:
        """Tell the backend about `event`."""
        snapshot = self.snapshot
        if event.route_key not in snapshot.routes:
            return Failure(cause="this route targets another integration")
        try:
            request = integration_request.build(
                event, snapshot=snapshot, api_id=self.api_id, behaviour=self.behaviour
            )
        except ValueError as error:
            return Failure(cause=f"a request parameter cannot be evaluated: {error}")
        answer = await self._post(request, snapshot)
        if isinstance(answer, Answer) or answer.timed_out:
            return answer
        return (
            await self._post(request, snapshot)
            if self.behaviour.retry == "once"
            else answer
        )

    async def _post(
        self, request: IntegrationRequest, snapshot: Snapshot
    ) -> Answer | Failure:
        return await self.backend.post(
            request,
            uri=snapshot.integration.uri,
            timeout_seconds=snapshot.integration.timeout_millis / 1000,
        )
