"""A snapshot as an AWS CloudFormation template."""

import hashlib
import json
from collections.abc import Iterator
from typing import Any

from wsrouter.catalog.snapshot import Integration, RouteEntry, RouteSettings, Snapshot
from wsrouter.sync.digest import SECRET_TARGET
from wsrouter.sync.export.logical_names import logical_names

Resource = dict[str, Any]
API = {"Ref": "Api"}
_TYPE = "AWS::ApiGatewayV2::"


def template(snapshot: Snapshot) -> Resource:
    """The whole API. The secret is a parameter; a deployment has a hash of what it
    deploys in its name, since CloudFormation never repeats one."""
    resources = {
        name: {"Type": _TYPE + kind, **rest}
        for name, kind, rest in _resources(snapshot)
    }
    deployment = _deployment_name(resources)
    routes = [
        name for name, each in resources.items() if each["Type"] == _TYPE + "Route"
    ]
    resources[deployment] = {
        "Type": f"{_TYPE}Deployment",
        "DependsOn": sorted(routes),
        "Properties": {"ApiId": API},
    }
    resources["Stage"] = {
        "Type": f"{_TYPE}Stage",
        "Properties": _stage(snapshot, deployment),
    }
    resources |= _domain(snapshot)
    return {
        "AWSTemplateFormatVersion": "2010-09-09",
        "Description": f"The WebSocket API {snapshot.api.name}, by wsrouter",
        "Parameters": {
            "Secret": {
                "Type": "String",
                "NoEcho": True,
                "MinLength": 32,
                "AllowedPattern": "[A-Za-z0-9._~+/=-]+",
                "Description": "The first SECRET of the gateway",
            }
        },
        "Resources": resources,
        "Outputs": {"ApiId": {"Value": API}, "Url": {"Value": _url(snapshot)}},
    }


def _resources(snapshot: Snapshot) -> Iterator[tuple[str, str, Resource]]:
    api, guard = snapshot.api, snapshot.authorizer
    yield (
        "Api",
        "Api",
        _with(
            Name=api.name,
            ProtocolType="WEBSOCKET",
            RouteSelectionExpression=api.route_selection_expression,
            DisableExecuteApiEndpoint=api.disable_execute_api_endpoint or None,
            Tags=dict(api.tags),
        ),
    )
    yield "Integration", "Integration", _integration(snapshot.integration)
    if guard:
        yield (
            "Authorizer",
            "Authorizer",
            _with(
                ApiId=API,
                Name=guard.name,
                AuthorizerType="REQUEST",
                AuthorizerUri=guard.uri,
                IdentitySource=list(guard.identity_source),
                AuthorizerCredentialsArn=guard.credentials_arn,
            ),
        )
    for model in snapshot.models.values():
        yield (
            f"Model{model.name}",
            "Model",
            _with(
                ApiId=API,
                Name=model.name,
                ContentType="application/json",
                Description=model.description,
                Schema=json.loads(model.schema),
            ),
        )
    for key, name in logical_names(snapshot.routes).items():
        route = snapshot.routes[key]
        yield f"Route{name}", "Route", _route(route)
        if route.has_response:
            yield (
                f"RouteResponse{name}",
                "RouteResponse",
                _with(
                    ApiId=API,
                    RouteId={"Ref": f"Route{name}"},
                    RouteResponseKey="$default",
                ),
            )


def _integration(value: Integration) -> Resource:
    parameters: dict[str, Any] = dict(value.request_parameters)
    parameters[SECRET_TARGET] = {"Fn::Sub": "'${Secret}'"}
    return _with(
        ApiId=API,
        Description=value.description,
        IntegrationType=value.type,
        IntegrationMethod=value.method,
        IntegrationUri=value.uri,
        ConnectionType=value.connection_type,
        ConnectionId=value.connection_id,
        PassthroughBehavior="WHEN_NO_MATCH",
        TimeoutInMillis=value.timeout_millis,
        RequestParameters=parameters,
    )


def _route(route: RouteEntry) -> Resource:
    found = _with(
        ApiId=API,
        RouteKey=route.key,
        AuthorizationType=route.authorization_type,
        AuthorizerId={"Ref": "Authorizer"} if route.authorizer else "",
        RouteResponseSelectionExpression="$default" if route.two_way else "",
        ModelSelectionExpression="$request.body.action" if route.model else "",
        RequestModels={"$default": route.model} if route.model else "",
        Target={"Fn::Join": ["/", ["integrations", {"Ref": "Integration"}]]},
    )
    return {**found, "DependsOn": [f"Model{route.model}"]} if route.model else found


def _deployment_name(resources: dict[str, Any]) -> str:
    text = json.dumps(resources, sort_keys=True)
    return f"Deployment{hashlib.sha256(text.encode()).hexdigest()[:12]}"


def _stage(snapshot: Snapshot, deployment: str) -> Resource:
    stage, log = snapshot.stage, snapshot.stage.access_log
    found: Resource = _with(
        ApiId=API,
        StageName=stage.name,
        DeploymentId={"Ref": deployment},
        DefaultRouteSettings=_settings(stage.default_route_settings),
        RouteSettings={
            key: _settings(each) for key, each in stage.route_settings.items()
        },
        AccessLogSettings=(
            {"DestinationArn": log.destination_arn, "Format": log.format} if log else ""
        ),
        ClientCertificateId=stage.client_certificate_id,
    )["Properties"]
    return found


def _settings(value: RouteSettings) -> Resource:
    found: Resource = _with(
        LoggingLevel=value.logging_level,
        ThrottlingRateLimit=value.throttling_rate_limit,
        ThrottlingBurstLimit=value.throttling_burst_limit,
    )["Properties"]
    return found


def _domain(snapshot: Snapshot) -> dict[str, Resource]:
    domain = snapshot.domain
    if domain is None:
        return {}
    configuration = {
        "CertificateArn": domain.certificate_arn,
        "EndpointType": "REGIONAL",
        "SecurityPolicy": "TLS_1_2",
    }
    return {
        "Domain": {
            "Type": f"{_TYPE}DomainName",
            **_with(DomainName=domain.name, DomainNameConfigurations=[configuration]),
        },
        "Mapping": {
            "Type": f"{_TYPE}ApiMapping",
            **_with(
                ApiId=API,
                DomainName={"Ref": "Domain"},
                Stage={"Ref": "Stage"},
                ApiMappingKey=domain.mapping_key,
            ),
        },
    }


def _url(snapshot: Snapshot) -> Any:
    if snapshot.domain:
        return f"wss://{snapshot.domain.address}"
    return {"Fn::Sub": f"${{Api.ApiEndpoint}}/{snapshot.stage.name}"}


def _with(**properties: Any) -> Resource:
    """Properties without the ones that say nothing."""
    said = {
        name: value for name, value in properties.items() if value not in ("", None)
    }
    return {"Properties": {name: each for name, each in said.items() if each != {}}}
