"""Changes that people make to an API by hand, without ws_sync."""

from collections.abc import Callable
from contextlib import suppress
from typing import Any

from botocore.exceptions import ClientError

from tests.sync.bench import Bench

ManualChange = Callable[[Bench, dict[str, Any], dict[str, Any]], object]
"""Called with a route and an integration of ours."""


def deploy(bench: Bench, *_: Any) -> None:
    made = bench.server.create_deployment(ApiId=bench.api_id(), Description="by hand")
    deployment = {"ApiId": bench.api_id(), "DeploymentId": made["DeploymentId"]}
    bench.server.get_deployment(**deployment)
    bench.server.update_stage(**deployment, StageName=bench.gateway.stage)


def route(**members: Any) -> ManualChange:
    return lambda bench, found, _: bench.server.update_route(
        ApiId=bench.api_id(), RouteId=found["RouteId"], **members
    )


def integration(**members: Any) -> ManualChange:
    return lambda bench, _, found: bench.server.update_integration(
        ApiId=bench.api_id(), IntegrationId=found["IntegrationId"], **members
    )


def stage(**members: Any) -> ManualChange:
    return lambda bench, *_: bench.server.update_stage(
        ApiId=bench.api_id(), StageName=bench.gateway.stage, **members
    )


def api(**members: Any) -> ManualChange:
    return lambda bench, *_: bench.server.update_api(ApiId=bench.api_id(), **members)


def delete_route(bench: Bench, found: dict[str, Any], _: Any) -> None:
    bench.server.delete_route(ApiId=bench.api_id(), RouteId=found["RouteId"])


def delete_response(bench: Bench, found: dict[str, Any], _: Any) -> None:
    ids = {"RouteId": found["RouteId"]}
    for response in bench.all("get_route_responses", **ids):
        bench.server.delete_route_response(
            ApiId=bench.api_id(), **ids, RouteResponseId=response["RouteResponseId"]
        )


def add_route(bench: Bench, _: Any, found: dict[str, Any]) -> None:
    target = f"integrations/{found['IntegrationId']}"
    bench.server.create_route(ApiId=bench.api_id(), RouteKey="extra", Target=target)


def delete_stage(bench: Bench, *_: Any) -> None:
    bench.server.delete_stage(ApiId=bench.api_id(), StageName=bench.gateway.stage)


SECRET_HEADER = "integration.request.header.X-Wsrouter-Secret"
CHANGES: dict[str, ManualChange] = {
    "add route": add_route,
    "automatic": stage(AutoDeploy=True),
    "certificate": stage(ClientCertificateId="stray"),
    "delete response": delete_response,
    "delete route": delete_route,
    "delete stage": delete_stage,
    "deploy": deploy,
    "endpoint": api(DisableExecuteApiEndpoint=True),
    "key": route(ApiKeyRequired=True),
    "key in use": route(RouteKey="$default"),
    "log": stage(
        AccessLogSettings={"DestinationArn": "arn:x", "Format": "$context.requestId"}
    ),
    "method": integration(IntegrationMethod="PUT"),
    "name": api(Name="renamed"),
    "no secret": integration(RequestParameters={SECRET_HEADER: ""}),
    "one way": route(RouteResponseSelectionExpression=""),
    "rename": route(RouteKey="renamed"),
    "selection": api(RouteSelectionExpression="$request.body.stray"),
    "throttle": stage(
        DefaultRouteSettings={"ThrottlingRateLimit": 1.0, "ThrottlingBurstLimit": 1}
    ),
    "time-out": integration(TimeoutInMillis=50),
    "uri": integration(IntegrationUri="https://stray.example/"),
}


def apply(bench: Bench, name: str, number: int) -> None:
    """Make one of the changes to one of our routes, unless AWS refuses it."""
    for ours in bench.integrations():
        target = f"integrations/{ours['IntegrationId']}"
        routes = bench.routes().values()
        targeting = [route for route in routes if route.get("Target") == target]
        if "Description" in ours and targeting:
            with suppress(ClientError):
                CHANGES[name](bench, targeting[number % len(targeting)], ours)
