"""The resources of apigatewayv2: their ids, required members, defaults and rules."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, kw_only=True)
class Kind:
    """`members` are the accepted ones beside the ids; `merged` are the maps that a
    PATCH merges by key; `defaults` are filled in by AWS."""

    name: str
    id: str
    parents: tuple[str, ...] = ()
    chosen_id: bool = False
    required: frozenset[str] = frozenset()
    members: frozenset[str] = frozenset()
    fixed: frozenset[str] = frozenset()
    merged: frozenset[str] = frozenset()
    defaults: Mapping[str, Any] = field(default_factory=dict)


_API = ("ApiId",)
_DOMAIN = ("DomainName",)

KINDS = {
    "api": Kind(
        name="API",
        id="ApiId",
        required=frozenset({"Name", "ProtocolType"}),
        members=frozenset(
            {
                "Description",
                "DisableExecuteApiEndpoint",
                "RouteSelectionExpression",
                "Tags",
            }
        ),
        fixed=frozenset({"ProtocolType", "Tags"}),
        defaults={
            "ApiKeySelectionExpression": "$request.header.x-api-key",
            "DisableExecuteApiEndpoint": False,
            "IpAddressType": "ipv4",
            "Tags": {},
        },
    ),
    "integration": Kind(
        name="Integration",
        id="IntegrationId",
        parents=_API,
        required=frozenset({"IntegrationType"}),
        members=frozenset(
            {
                "IntegrationMethod",
                "IntegrationUri",
                "RequestParameters",
                "PassthroughBehavior",
                "TimeoutInMillis",
                "ConnectionType",
                "ConnectionId",
                "Description",
                "PayloadFormatVersion",
            }
        ),
        merged=frozenset({"RequestParameters"}),
        defaults={
            "ConnectionType": "INTERNET",
            "PassthroughBehavior": "WHEN_NO_MATCH",
            "PayloadFormatVersion": "1.0",
            "TimeoutInMillis": 29000,
        },
    ),
    "route": Kind(
        name="Route",
        id="RouteId",
        parents=_API,
        required=frozenset({"RouteKey"}),
        members=frozenset(
            {
                "Target",
                "RouteResponseSelectionExpression",
                "AuthorizationType",
                "AuthorizerId",
                "ApiKeyRequired",
                "ModelSelectionExpression",
                "OperationName",
                "RequestModels",
            }
        ),
        merged=frozenset({"RequestModels"}),
        defaults={"ApiKeyRequired": False, "AuthorizationType": "NONE"},
    ),
    "route_response": Kind(
        name="RouteResponse",
        id="RouteResponseId",
        parents=(*_API, "RouteId"),
        required=frozenset({"RouteResponseKey"}),
    ),
    "stage": Kind(
        name="Stage",
        id="StageName",
        parents=_API,
        chosen_id=True,
        members=frozenset(
            {
                "AccessLogSettings",
                "AutoDeploy",
                "ClientCertificateId",
                "DefaultRouteSettings",
                "DeploymentId",
                "Description",
                "RouteSettings",
                "StageVariables",
            }
        ),
        merged=frozenset({"DefaultRouteSettings", "RouteSettings", "StageVariables"}),
        defaults={
            "AutoDeploy": False,
            "DefaultRouteSettings": {
                "DataTraceEnabled": False,
                "DetailedMetricsEnabled": False,
                "LoggingLevel": "OFF",
            },
            "RouteSettings": {},
            "StageVariables": {},
        },
    ),
    "deployment": Kind(
        name="Deployment",
        id="DeploymentId",
        parents=_API,
        members=frozenset({"Description", "StageName"}),
        defaults={"AutoDeployed": False},
    ),
    "authorizer": Kind(
        name="Authorizer",
        id="AuthorizerId",
        parents=_API,
        required=frozenset({"AuthorizerType", "IdentitySource", "Name"}),
        members=frozenset({"AuthorizerUri", "AuthorizerCredentialsArn"}),
    ),
    "model": Kind(
        name="Model",
        id="ModelId",
        parents=_API,
        required=frozenset({"Name", "Schema"}),
        members=frozenset({"ContentType", "Description"}),
    ),
    "domain_name": Kind(
        name="DomainName",
        id="DomainName",
        chosen_id=True,
        members=frozenset({"DomainNameConfigurations", "Tags"}),
        fixed=frozenset({"Tags"}),
        defaults={
            "ApiMappingSelectionExpression": "$request.basepath",
            "RoutingMode": "API_MAPPING_ONLY",
            "Tags": {},
        },
    ),
    "api_mapping": Kind(
        name="ApiMapping",
        id="ApiMappingId",
        parents=_DOMAIN,
        required=frozenset({"ApiId", "Stage"}),
        members=frozenset({"ApiMappingKey"}),
    ),
}
PLURALS = {f"{name}s": name for name in KINDS}
