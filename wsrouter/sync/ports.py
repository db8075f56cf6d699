"""The ControlPlane port: what sync needs of API Gateway."""

from collections.abc import Collection, Iterable, Mapping
from typing import Protocol

from wsrouter.catalog.snapshot import (
    Api,
    Authorizer,
    Domain,
    Integration,
    Model,
    RouteEntry,
    RouteSettings,
    Stage,
)
from wsrouter.sync.records import (
    ApiRecord,
    AuthorizerRecord,
    Deployment,
    DomainRecord,
    IntegrationRecord,
    MappingRecord,
    ModelRecord,
    Permission,
    RouteRecord,
    StageRecord,
)


class Apis(Protocol):
    def apis(self) -> Iterable[ApiRecord]: ...

    def api(self, api_id: str) -> ApiRecord: ...

    def create_api(self, api: Api) -> ApiRecord: ...

    def update_api(self, api_id: str, api: Api) -> None: ...

    def tag_api(self, api_id: str, tags: Mapping[str, str]) -> None: ...

    def untag_api(self, api_id: str, keys: Collection[str]) -> None: ...

    def delete_api(self, api_id: str) -> None: ...

    def authorizers(self, api_id: str) -> Iterable[AuthorizerRecord]: ...

    def create_authorizer(
        self, api_id: str, authorizer: Authorizer
    ) -> AuthorizerRecord: ...

    def update_authorizer(
        self, api_id: str, authorizer_id: str, authorizer: Authorizer
    ) -> None: ...

    def delete_authorizer(self, api_id: str, authorizer_id: str) -> None: ...

    def models(self, api_id: str) -> Iterable[ModelRecord]: ...

    def create_model(self, api_id: str, model: Model) -> ModelRecord: ...

    def update_model(self, api_id: str, model_id: str, model: Model) -> None: ...

    def delete_model(self, api_id: str, model_id: str) -> None: ...


class Routes(Protocol):
    def integrations(self, api_id: str) -> Iterable[IntegrationRecord]: ...

    def create_integration(
        self, api_id: str, integration: Integration
    ) -> IntegrationRecord: ...

    def update_integration(
        self,
        api_id: str,
        integration_id: str,
        integration: Integration,
        *,
        removed: Collection[str] = (),
    ) -> None:
        """Write the integration and delete the `removed` request parameters."""

    def delete_integration(self, api_id: str, integration_id: str) -> None: ...

    def routes(self, api_id: str) -> Iterable[RouteRecord]: ...

    def create_route(
        self,
        api_id: str,
        route: RouteEntry,
        *,
        integration_id: str,
        authorizer_id: str = "",
    ) -> RouteRecord: ...

    def update_route(
        self,
        api_id: str,
        route_id: str,
        route: RouteEntry,
        *,
        integration_id: str,
        authorizer_id: str = "",
        old: RouteEntry | None = None,
    ) -> RouteRecord:
        """Write the route; fields that only `old` has are cleared."""

    def delete_route(self, api_id: str, route_id: str) -> None: ...

    def route_responses(self, api_id: str, route_id: str) -> Iterable[str]:
        """The ids of a route's responses; a route has at most one."""

    def create_route_response(self, api_id: str, route_id: str) -> None: ...

    def delete_route_response(
        self, api_id: str, route_id: str, response_id: str
    ) -> None: ...


class Stages(Protocol):
    def stages(self, api_id: str) -> Iterable[StageRecord]: ...

    def create_stage(self, api_id: str, stage: Stage) -> None:
        """Create the stage without its route settings: those need deployed routes."""

    def update_stage(
        self, api_id: str, stage: Stage, *, old: Stage | None = None
    ) -> None:
        """Write the stage without its route settings; fields that only `old` has are
        cleared."""

    def set_route_settings(
        self,
        api_id: str,
        name: str,
        settings: Mapping[str, RouteSettings],
        *,
        removed: Collection[str] = (),
    ) -> None:
        """Write all route settings, and delete those of the `removed` route keys."""

    def point_stage(
        self, api_id: str, name: str, *, deployment_id: str = "", description: str = ""
    ) -> StageRecord:
        """Switch automatic deployment off, and set each argument that is not empty."""

    def delete_stage(self, api_id: str, name: str) -> None: ...

    def deployment(self, api_id: str, deployment_id: str) -> Deployment: ...

    def deployments(self, api_id: str) -> Iterable[Deployment]: ...

    def create_deployment(self, api_id: str, *, description: str) -> Deployment: ...

    def delete_deployment(self, api_id: str, deployment_id: str) -> None: ...


class Domains(Protocol):
    def domains(self) -> Iterable[DomainRecord]: ...

    def create_domain(
        self, domain: Domain, tags: Mapping[str, str]
    ) -> DomainRecord: ...

    def update_domain(self, domain: Domain) -> None: ...

    def delete_domain(self, name: str) -> None: ...

    def mappings(self, domain: str) -> Iterable[MappingRecord]: ...

    def create_mapping(self, domain: Domain, api_id: str, stage: str) -> None: ...

    def update_mapping(
        self, domain: Domain, mapping_id: str, api_id: str, stage: str
    ) -> None: ...

    def delete_mapping(self, domain: str, mapping_id: str) -> None: ...


class Functions(Protocol):
    """Lambda functions, by their ARNs."""

    def permission(self, function: str, api_id: str, stage: str) -> Permission: ...

    def permit(self, function: str, api_id: str) -> None:
        """Let API Gateway invoke the function for every route of the API."""

    def forbid(self, function: str, api_id: str) -> None:
        """Take that permission back."""


class ControlPlane(Apis, Routes, Stages, Domains, Functions, Protocol):
    """The WebSocket APIs of one Region's API Gateway, and the functions they invoke.

    Lists are complete, whatever the page size; a page is fetched only when the caller
    reads that far. Deleting a resource that does not exist is no error. Every method
    may raise a SyncError: `NotFound`, `Conflict`, `Invalid`, or `CallRefused` for every
    other error answer, and a create method `Unanswered` as well.
    """
