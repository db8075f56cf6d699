"""What AWS refuses, for the API Gateway in memory."""

import json
import re
from collections.abc import Mapping
from typing import Any

from tests.simulated_aws.api_gateway import (
    Members,
    MemoryApiGateway,
    Rule,
    conflict,
    invalid,
)

_STAGE_NAME = re.compile(r"^[A-Za-z0-9_-]{1,128}$")
_TARGET_NAME = re.compile(
    r"^integration\.request\.(header|querystring|path)\.[A-Za-z0-9._$-]+$"
)
_SOURCE = re.compile(
    r"^('[^']*'|(context|stageVariables|route\.request\.\w+)\.[A-Za-z0-9._$-]+)$"
)
_LATER_WORDS = {"const", "contains", "if", "then", "else", "propertyNames", "$defs"}
_EVENT_KEYS = ("$connect", "$disconnect")
_DEFAULT = "$default"


def _api(_: MemoryApiGateway, __: Members, item: Members) -> None:
    if item["ProtocolType"] == "WEBSOCKET" and not item.get("RouteSelectionExpression"):
        raise invalid("RouteSelectionExpression is required for WEBSOCKET APIs")


def _integration(gateway: MemoryApiGateway, _: Members, item: Members) -> None:
    if not 50 <= item["TimeoutInMillis"] <= 29_000:
        raise invalid("Timeout should be between 50 ms and 29000 ms")
    for target, source in item.get("RequestParameters", {}).items():
        wrong = not _TARGET_NAME.match(target) or not _SOURCE.match(source)
        if wrong or len(source) > 512 or source in gateway.refused_sources:
            raise invalid(f"Invalid mapping expression specified: {target}={source}")


def _route(gateway: MemoryApiGateway, members: Members, item: Members) -> None:
    key, selection = item["RouteKey"], item.get("RouteResponseSelectionExpression")
    if key.startswith("$") and key not in (*_EVENT_KEYS, _DEFAULT):
        raise invalid(f"Invalid route key {key}")
    if selection not in (None, _DEFAULT):
        raise invalid("RouteResponseSelectionExpression must be $default")
    for other in gateway.table("route", members).values():
        if other["RouteKey"] == key and other["RouteId"] != item["RouteId"]:
            raise conflict(f"Route with key {key} already exists for this API")
    if target := item.get("Target"):
        ids = {**members, "IntegrationId": target.removeprefix("integrations/")}
        gateway.get("integration", ids)
    _authorization(gateway, members, item)
    names = {model["Name"] for model in gateway.table("model", members).values()}
    if unknown := set(item.get("RequestModels", {}).values()) - names:
        raise invalid(f"Invalid model name specified: {unknown.pop()}")


def _authorization(gateway: MemoryApiGateway, members: Members, item: Members) -> None:
    custom = item["AuthorizationType"] == "CUSTOM"
    if item["AuthorizationType"] != "NONE" and item["RouteKey"] != "$connect":
        raise invalid("Authorization is only supported on $connect")
    if custom != ("AuthorizerId" in item):
        raise invalid("AuthorizerId goes with AuthorizationType CUSTOM")
    if custom:
        gateway.get("authorizer", {**members, "AuthorizerId": item["AuthorizerId"]})


def _authorizer(_: MemoryApiGateway, __: Members, item: Members) -> None:
    if item["AuthorizerType"] != "REQUEST" or "/invocations" not in item.get(
        "AuthorizerUri", ""
    ):
        raise invalid("Invalid authorizer type or URI")


def _model(gateway: MemoryApiGateway, members: Members, item: Members) -> None:
    if not re.fullmatch(r"[A-Za-z0-9]{1,128}", item["Name"]):
        raise invalid("Model name must be alphanumeric")
    if len(item["Schema"]) > 32 * 1024 or _beyond_draft_4(json.loads(item["Schema"])):
        raise invalid("Invalid model schema specified")
    for other in gateway.table("model", members).values():
        if other["Name"] == item["Name"] and other["ModelId"] != item["ModelId"]:
            raise conflict(f"Model with name {item['Name']} already exists")


def _beyond_draft_4(schema: Any) -> bool:
    """Whether there are words in it that draft-04 did not have."""
    if isinstance(schema, list):
        return any(map(_beyond_draft_4, schema))
    if not isinstance(schema, dict):
        return False
    exclusive = ("exclusiveMinimum", "exclusiveMaximum")
    flags = [schema[name] for name in exclusive if name in schema]
    return (
        bool(_LATER_WORDS & set(schema))
        or not all(isinstance(flag, bool) for flag in flags)
        or any(map(_beyond_draft_4, schema.values()))
    )


def _domain_name(_: MemoryApiGateway, __: Members, item: Members) -> None:
    for configuration in item["DomainNameConfigurations"]:
        if (configuration["EndpointType"], configuration["SecurityPolicy"]) != (
            "REGIONAL",
            "TLS_1_2",
        ):
            raise invalid("WebSocket APIs need a REGIONAL domain with TLS_1_2")


def _api_mapping(gateway: MemoryApiGateway, members: Members, item: Members) -> None:
    stage = gateway.get("stage", {"ApiId": item["ApiId"], "StageName": item["Stage"]})
    if "DeploymentId" not in stage:
        raise invalid("The stage has no deployment")
    for other in gateway.table("api_mapping", members).values():
        same = other.get("ApiMappingKey", "") == item.get("ApiMappingKey", "")
        if same and other["ApiMappingId"] != item["ApiMappingId"]:
            raise conflict("ApiMapping key already exists for this domain name")


def _route_response(gateway: MemoryApiGateway, members: Members, item: Members) -> None:
    if item["RouteResponseKey"] != _DEFAULT:
        raise invalid("Only $default is supported as RouteResponseKey")
    if gateway.get("route", members)["RouteKey"] in _EVENT_KEYS:
        raise invalid("Route responses are not supported for this route")
    if gateway.table("route_response", members):
        raise conflict("RouteResponse with key $default already exists")


def _stage(gateway: MemoryApiGateway, members: Members, item: Members) -> None:
    if not _STAGE_NAME.match(item["StageName"]):
        raise invalid("Stage name only allows a-zA-Z0-9_-")
    if deployment_id := members.get("DeploymentId"):
        if item["AutoDeploy"]:
            raise invalid("DeploymentId cannot be set while AutoDeploy is on")
        found = gateway.get("deployment", {**members, "DeploymentId": deployment_id})
        if found["DeploymentStatus"] != "DEPLOYED":
            raise invalid("The deployment is not finished")
    _logging(gateway, item)
    live = gateway.deployed.get(item.get("DeploymentId", ""), {"route": {}})["route"]
    unknown = set(members.get("RouteSettings", {})) - {
        route["RouteKey"] for route in live.values()
    }
    if unknown:
        raise invalid(f"Unable to find Route by key {unknown.pop()}")


def _logging(gateway: MemoryApiGateway, item: Members) -> None:
    settings = [item["DefaultRouteSettings"], *item["RouteSettings"].values()]
    levels = {stage_settings.get("LoggingLevel", "OFF") for stage_settings in settings}
    log = item.get("AccessLogSettings", {})
    if (levels != {"OFF"} or log) and not gateway.has_log_role:
        raise invalid(
            "CloudWatch Logs role ARN must be set in account settings to enable logging"
        )
    if log and "$context.requestId" not in log["Format"]:
        raise invalid("Access log format must contain $context.requestId")
    if any(
        stage_settings.get("ThrottlingRateLimit") == 0 for stage_settings in settings
    ):
        raise AssertionError("a rate of 0 refuses every request")


def _deployment(gateway: MemoryApiGateway, members: Members, item: Members) -> None:
    if not gateway.table("route", members):
        raise invalid("At least one route is required before deploying the Api")
    if stage := item.get("StageName"):
        gateway.get("stage", {**members, "StageName": stage})


def _delete_integration(
    gateway: MemoryApiGateway, members: Members, item: Members
) -> None:
    target = f"integrations/{item['IntegrationId']}"
    routes = gateway.table("route", members).values()
    users = [route["RouteId"] for route in routes if route.get("Target") == target]
    if users:
        raise conflict(
            "Cannot delete Integration because it is referenced by the following"
            f" Routes with Ids: [{', '.join(users)}]"
        )


def _delete_authorizer(
    gateway: MemoryApiGateway, members: Members, item: Members
) -> None:
    for route in gateway.table("route", members).values():
        if route.get("AuthorizerId") == item["AuthorizerId"]:
            raise conflict("Cannot delete Authorizer, it is referenced by a route")


def _delete_model(gateway: MemoryApiGateway, members: Members, item: Members) -> None:
    for route in gateway.table("route", members).values():
        if item["Name"] in route.get("RequestModels", {}).values():
            raise conflict("Cannot delete Model, it is referenced by a route")


def _delete_stage(gateway: MemoryApiGateway, members: Members, item: Members) -> None:
    _refuse_mapped(gateway, members["ApiId"], item["StageName"])


def _delete_api(gateway: MemoryApiGateway, _: Members, item: Members) -> None:
    _refuse_mapped(gateway, item["ApiId"], "")


def _refuse_mapped(gateway: MemoryApiGateway, api_id: str, stage: str) -> None:
    for name in gateway.table("domain_name", {}):
        for mapping in gateway.table("api_mapping", {"DomainName": name}).values():
            if mapping["ApiId"] == api_id and stage in ("", mapping["Stage"]):
                raise invalid("Remove the mappings of this stage first")


def _delete_domain_name(
    gateway: MemoryApiGateway, members: Members, _: Members
) -> None:
    if gateway.table("api_mapping", members):
        raise invalid("Remove the mappings of this domain first")


def _delete_deployment(
    gateway: MemoryApiGateway, members: Members, item: Members
) -> None:
    for stage in gateway.table("stage", members).values():
        if stage.get("DeploymentId") == item["DeploymentId"]:
            raise invalid("Active stages pointing to this deployment must be moved")


RULES: Mapping[str, Rule] = {
    "api": _api,
    "integration": _integration,
    "route": _route,
    "route_response": _route_response,
    "stage": _stage,
    "deployment": _deployment,
    "authorizer": _authorizer,
    "model": _model,
    "domain_name": _domain_name,
    "api_mapping": _api_mapping,
    "delete_api": _delete_api,
    "delete_authorizer": _delete_authorizer,
    "delete_domain_name": _delete_domain_name,
    "delete_model": _delete_model,
    "delete_stage": _delete_stage,
    "delete_integration": _delete_integration,
    "delete_deployment": _delete_deployment,
}
