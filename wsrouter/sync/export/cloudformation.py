"""A snapshot as an AWS CloudFormation template."""

import hashlib
import json
from collections.abc import Iterator
from typing import Any

from wsrouter.catalog import lambda_function
from wsrouter.catalog.snapshot import Integration, RouteEntry, RouteSettings, Snapshot
from wsrouter.sync.digest import SECRET_TARGET
from wsrouter.sync.export.logical_names import logical_names

Resource = dict[str, Any]
API = {"Ref": "Api"}
_TYPE = "AWS::ApiGatewayV2::"
_SECRET_PARAMETER: Resource = {
    "Parameters": {
        "Secret": {
            "Type": "String",
            "NoEcho": True,
            "MinLength": 32,
            "AllowedPattern": "[A-Za-z0-9._~+/=-]+",
            "Description": "The first SECRET of the gateway",
        }
    }
}
_SOURCE_ARN = (
    "arn:${AWS::Partition}:execute-api:${AWS::Region}:${AWS::AccountId}:${Api}/*"
)


def template(snapshot: Snapshot) -> Resource:
    """The whole API. The secret, if there is one, is a parameter. The deployment's name
    has a hash of what it deploys: CloudFormation never repeats an unchanged
    deployment."""
    resources = {
        name: {"Type": _TYPE + kind, **rest}
        for name, kind, rest in _resources(snapshot)
    }
    deployment = _deployment_name(resources)
    routes = [
        name
        for name, resource in resources.items()
        if resource["Type"] == _TYPE + "Route"
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
    resources |= {**_permission(snapshot.integration), **_domain(snapshot)}
    return {
        "AWSTemplateFormatVersion": "2010-09-09",
        "Description": f"The WebSocket API {snapshot.api.name}, by wsrouter",
        **({} if snapshot.integration.invokes_function else _SECRET_PARAMETER),
        "Resources": resources,
        "Outputs": {"ApiId": {"Value": API}, "Url": {"Value": _url(snapshot)}},
    }


def _resources(snapshot: Snapshot) -> Iterator[tuple[str, str, Resource]]:
    api, authorizer = snapshot.api, snapshot.authorizer
    yield (
        "Api",
        "Api",
        _properties(
            Name=api.name,
            ProtocolType="WEBSOCKET",
            RouteSelectionExpression=api.route_selection_expression,
            DisableExecuteApiEndpoint=api.disable_execute_api_endpoint or None,
            Tags=dict(api.tags),
        ),
    )
    yield "Integration", "Integration", _integration(snapshot.integration)
    if authorizer:
        yield (
            "Authorizer",
            "Authorizer",
            _properties(
                ApiId=API,
                Name=authorizer.name,
                AuthorizerType="REQUEST",
                AuthorizerUri=authorizer.uri,
                IdentitySource=list(authorizer.identity_source),
                AuthorizerCredentialsArn=authorizer.credentials_arn,
            ),
        )
    for model in snapshot.models.values():
        yield (
            f"Model{model.name}",
            "Model",
            _properties(
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
                _properties(
                    ApiId=API,
                    RouteId={"Ref": f"Route{name}"},
                    RouteResponseKey="$default",
                ),
            )


def _integration(value: Integration) -> Resource:
    parameters: dict[str, Any] = dict(value.request_parameters)
    if not value.invokes_function:
        parameters[SECRET_TARGET] = {"Fn::Sub": "'${Secret}'"}
    return _properties(
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


def _permission(value: Integration) -> dict[str, Resource]:
    if not value.invokes_function:
        return {}
    return {
        "Permission": {
            "Type": "AWS::Lambda::Permission",
            **_properties(
                Action=lambda_function.ACTION,
                FunctionName=value.function,
                Principal=lambda_function.PRINCIPAL,
                SourceArn={"Fn::Sub": _SOURCE_ARN},
            ),
        }
    }


def _route(route: RouteEntry) -> Resource:
    resource = _properties(
        ApiId=API,
        RouteKey=route.key,
        AuthorizationType=route.authorization_type,
        AuthorizerId={"Ref": "Authorizer"} if route.authorizer else "",
        RouteResponseSelectionExpression="$default" if route.two_way else "",
        ModelSelectionExpression="$request.body.action" if route.model else "",
        RequestModels={"$default": route.model} if route.model else "",
        Target={"Fn::Join": ["/", ["integrations", {"Ref": "Integration"}]]},
    )
    if route.model:
        resource["DependsOn"] = [f"Model{route.model}"]
    return resource


def _deployment_name(resources: dict[str, Any]) -> str:
    text = json.dumps(resources, sort_keys=True)
    return f"Deployment{hashlib.sha256(text.encode()).hexdigest()[:12]}"


def _stage(snapshot: Snapshot, deployment: str) -> Resource:
    stage, log = snapshot.stage, snapshot.stage.access_log
    properties: Resource = _properties(
        ApiId=API,
        StageName=stage.name,
        DeploymentId={"Ref": deployment},
        DefaultRouteSettings=_settings(stage.default_route_settings),
        RouteSettings={
            key: _settings(settings) for key, settings in stage.route_settings.items()
        },
        AccessLogSettings=(
            {"DestinationArn": log.destination_arn, "Format": log.format} if log else ""
        ),
        ClientCertificateId=stage.client_certificate_id,
    )["Properties"]
    return properties


def _settings(value: RouteSettings) -> Resource:
    properties: Resource = _properties(
        LoggingLevel=value.logging_level,
        ThrottlingRateLimit=value.throttling_rate_limit,
        ThrottlingBurstLimit=value.throttling_burst_limit,
    )["Properties"]
    return properties


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
            **_properties(
                DomainName=domain.name, DomainNameConfigurations=[configuration]
            ),
        },
        "Mapping": {
            "Type": f"{_TYPE}ApiMapping",
            **_properties(
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


def _properties(**properties: Any) -> Resource:
    """A resource with the properties that are not empty. False and 0 are values."""
    given = {
        name: value
        for name, value in properties.items()
        if value not in ("", None) and value != {}
    }
    return {"Properties": given}
