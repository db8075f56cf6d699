"""The API Gateway in memory refuses what AWS refuses, and forgets what AWS forgets."""

from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.simulated_aws.control_plane import MemoryControlPlane

API = {
    "Name": "shop",
    "ProtocolType": "WEBSOCKET",
    "RouteSelectionExpression": "$request.body.action",
}
HEADER = "integration.request.header."


class Shop:
    """An API with an integration, a route and a deployed stage."""

    def __init__(self) -> None:
        self.server: Any = MemoryControlPlane(pending_polls=0).server
        self.api = {"ApiId": self.server.create_api(**API)["ApiId"]}
        made = self.server.create_integration(
            **self.api,
            IntegrationType="HTTP_PROXY",
            RequestParameters={f"{HEADER}A": "'1'", f"{HEADER}B": "'2'"},
        )
        self.integration = {"IntegrationId": made["IntegrationId"]}
        self.target = {"Target": f"integrations/{made['IntegrationId']}"}
        made = self.server.create_route(**self.api, RouteKey="a", **self.target)
        self.route = {"RouteId": made["RouteId"]}
        self.stage = {"StageName": "production"}
        self.server.create_stage(**self.api, **self.stage)
        made = self.server.create_deployment(**self.api, **self.stage)
        self.deployment = {"DeploymentId": made["DeploymentId"]}


@pytest.fixture
def shop() -> Shop:
    return Shop()


Deed = Callable[[Shop], object]
REFUSALS: dict[str, tuple[Deed, int, str]] = {
    "a key twice": (
        lambda shop: shop.server.create_route(**shop.api, RouteKey="a"),
        409,
        "already exists",
    ),
    "another's key": (
        lambda shop: shop.server.update_route(
            **shop.api,
            RouteId=shop.server.create_route(**shop.api, RouteKey="b")["RouteId"],
            RouteKey="a",
        ),
        409,
        "already exists",
    ),
    "an integration in use": (
        lambda shop: shop.server.delete_integration(**shop.api, **shop.integration),
        409,
        "referenced by the following Routes",
    ),
    "a stage twice": (
        lambda shop: shop.server.create_stage(**shop.api, **shop.stage),
        409,
        "already exists",
    ),
    "no route to deploy": (
        lambda shop: shop.server.create_deployment(
            ApiId=shop.server.create_api(**API)["ApiId"]
        ),
        400,
        "At least one route is required",
    ),
    "a deployment in use": (
        lambda shop: shop.server.delete_deployment(**shop.api, **shop.deployment),
        400,
        "Active stages",
    ),
    "a target that is not there": (
        lambda shop: shop.server.create_route(
            **shop.api, RouteKey="b", Target="integrations/none"
        ),
        404,
        "Invalid Integration identifier",
    ),
    "a guarded message": (
        lambda shop: shop.server.update_route(
            **shop.api, **shop.route, AuthorizationType="AWS_IAM"
        ),
        400,
        r"only supported on \$connect",
    ),
    "a route response of $connect": (
        lambda shop: shop.server.create_route_response(
            **shop.api,
            RouteId=shop.server.create_route(**shop.api, RouteKey="$connect")[
                "RouteId"
            ],
            RouteResponseKey="$default",
        ),
        400,
        "not supported for this route",
    ),
    "settings of a route that is not deployed": (
        lambda shop: shop.server.update_stage(
            **shop.api, **shop.stage, RouteSettings={"b": {}}
        ),
        400,
        "Unable to find Route by key b",
    ),
    "an unknown parameter": (
        lambda shop: shop.server.create_route(
            **shop.api, RouteKey="b", CorsConfiguration={}
        ),
        400,
        "Unknown parameter CorsConfiguration",
    ),
    "a time-out that is too long": (
        lambda shop: shop.server.update_integration(
            **shop.api, **shop.integration, TimeoutInMillis=30_000
        ),
        400,
        "29000 ms",
    ),
    "a model of a later draft": (
        lambda shop: shop.server.create_model(
            **shop.api, Name="m", Schema='{"properties": {"a": {"const": 1}}}'
        ),
        400,
        "Invalid model schema",
    ),
}


@pytest.mark.parametrize("name", REFUSALS)
def test_what_aws_refuses(shop: Shop, name: str) -> None:
    deed, status, words = REFUSALS[name]

    with pytest.raises(ClientError, match=words) as caught:
        deed(shop)
    assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == status


def test_a_patch_merges_by_key_and_empty_takes_away(shop: Shop) -> None:
    changed = {f"{HEADER}B": "", f"{HEADER}C": "'3'"}
    found = shop.server.update_integration(
        **shop.api, **shop.integration, RequestParameters=changed
    )

    assert found["RequestParameters"] == {f"{HEADER}A": "'1'", f"{HEADER}C": "'3'"}
    assert found["IntegrationType"] == "HTTP_PROXY"


def test_variables_of_a_stage_likewise(shop: Shop) -> None:
    stage = {**shop.api, **shop.stage}
    shop.server.update_stage(**stage, StageVariables={"a": "1", "b": "2"})
    found = shop.server.update_stage(**stage, StageVariables={"a": ""})

    assert found["StageVariables"] == {"b": "2"}


def test_defaults_are_filled_in(shop: Shop) -> None:
    integration = shop.server.get_integration(**shop.api, **shop.integration)
    route = shop.server.get_route(**shop.api, **shop.route)

    assert integration["ConnectionType"] == "INTERNET"
    assert integration["PassthroughBehavior"] == "WHEN_NO_MATCH"
    assert integration["PayloadFormatVersion"] == "1.0"
    assert integration["TimeoutInMillis"] == 29_000
    assert (route["AuthorizationType"], route["ApiKeyRequired"]) == ("NONE", False)
    assert "RouteResponseSelectionExpression" not in route


def test_what_is_served_is_what_was_deployed(shop: Shop) -> None:
    shop.server.create_route(**shop.api, RouteKey="b", **shop.target)
    live = shop.server.live(shop.api["ApiId"], "production")

    assert [live_route["RouteKey"] for live_route in live["route"].values()] == ["a"]


def test_a_deployment_takes_its_time() -> None:
    shop = Shop()
    shop.server.pending_polls = 2
    made = shop.server.create_deployment(**shop.api)
    assert made["DeploymentStatus"] == "PENDING"
    looks = [
        shop.server.get_deployment(**shop.api, DeploymentId=made["DeploymentId"])
        for _ in range(2)
    ]
    assert [look["DeploymentStatus"] for look in looks] == ["PENDING", "DEPLOYED"]


def test_a_list_has_pages_of_three(shop: Shop) -> None:
    for key in ("b", "c", "d"):
        shop.server.create_route(**shop.api, RouteKey=key)
    first = shop.server.get_routes(**shop.api)
    second = shop.server.get_routes(**shop.api, NextToken=first["NextToken"])

    assert [len(page["Items"]) for page in (first, second)] == [3, 1]
    assert "NextToken" not in second


def test_reads_come_late_when_asked(shop: Shop) -> None:
    shop.server.late_reads = 1
    shop.server.update_route(**shop.api, **shop.route, RouteKey="new")

    seen = [shop.server.get_route(**shop.api, **shop.route) for _ in range(2)]
    assert [item["RouteKey"] for item in seen] == ["a", "new"]
