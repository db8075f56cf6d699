"""The answers of a control plane: snapshot values with the ids that AWS gave them."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from wsrouter.catalog.snapshot import (
    Api,
    Authorizer,
    Integration,
    Model,
    RouteEntry,
    Stage,
)


@dataclass(frozen=True, kw_only=True, slots=True)
class ApiRecord:
    """A WebSocket API. `endpoint` has no stage in it; `created` is a time as text that
    sorts by time."""

    id: str
    api: Api
    endpoint: str = ""
    created: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class IntegrationRecord:
    id: str
    integration: Integration


@dataclass(frozen=True, kw_only=True, slots=True)
class RouteRecord:
    """A route. `route.has_response` is unknown here, and False; `route.authorizer` is
    the authorizer's id here, not its name."""

    id: str
    route: RouteEntry
    integration_id: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class AuthorizerRecord:
    id: str
    authorizer: Authorizer


@dataclass(frozen=True, kw_only=True, slots=True)
class ModelRecord:
    id: str
    model: Model


@dataclass(frozen=True, kw_only=True, slots=True)
class StageRecord:
    stage: Stage
    deployment_id: str = ""
    description: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Deployment:
    """`status` is PENDING, DEPLOYED or FAILED; `created` is a time as text that sorts
    by time, and empty where the server gives none."""

    id: str
    status: str
    status_message: str = ""
    description: str = ""
    created: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Permission:
    """Whether API Gateway may invoke a function for an API, and whether the function's
    policy has the statement that wsrouter adds."""

    granted: bool = False
    is_ours: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class DomainRecord:
    """A custom domain. Its DNS name must point to `target`; `zone` is the Route 53
    hosted zone of that target."""

    name: str
    certificate_arn: str = ""
    target: str = ""
    zone: str = ""
    tags: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True, slots=True)
class MappingRecord:
    """An API mapping: a path (`key`) of a custom domain, and the stage it leads to."""

    id: str
    api_id: str
    stage: str
    key: str = ""
