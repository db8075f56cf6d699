"""Throttling, logs, authorizer, VPC link, models and domain: set, changed, removed."""

import re
from typing import Any

import pytest
from pydantic import BaseModel

from tests.sync.bench import Bench, Recorded
from wsrouter.aws import clients
from wsrouter.catalog.routes import ApiSpec, RouteSpec
from wsrouter.errors import SyncError
from wsrouter.options import publishing
from wsrouter.wire import mapping

FUNCTION = "arn:aws:lambda:eu-west-1:123456789012:function:guard"
LOG_GROUP = "arn:aws:logs:eu-west-1:123456789012:log-group:ws"
CERTIFICATE = "arn:aws:acm:eu-west-1:123456789012:certificate/1"
THROTTLING = publishing.throttling(
    {"RATE": 100, "BURST": 50, "ROUTES": {"orders.watch": {"RATE": 5, "BURST": 2}}}
)
AUTHORIZER = publishing.authorizer(
    {"FUNCTION": FUNCTION, "IDENTITY": ["route.request.querystring.token"]}
)
DOMAIN = publishing.domain(
    {"NAME": "ws.example.com", "CERTIFICATE": CERTIFICATE, "MAPPING_KEY": "chat"}
)
ON_BOTH: dict[str, Any] = {
    "throttling": THROTTLING,
    "logging_level": "ERROR",
    "authorizer": AUTHORIZER,
}
ON_AWS: dict[str, Any] = {
    "access_log": publishing.access_log(LOG_GROUP + ":*"),
    "client_certificate": "abc123",
    "vpc_link": "link12",
    "domain": DOMAIN,
    "validate_at_gateway": True,
}
NOTHING: dict[str, Any] = {
    "throttling": None,
    "logging_level": "OFF",
    "authorizer": None,
    "access_log": None,
    "client_certificate": "",
    "vpc_link": "",
    "domain": None,
    "validate_at_gateway": False,
}


class Watch(BaseModel):
    order_id: int


def a_typed_spec() -> ApiSpec:
    return ApiSpec(
        routes=(
            RouteSpec(key="orders.watch", handler="ws.watch", payload=Watch),
            RouteSpec(key="orders.quit", handler="ws.quit"),
        )
    )


def stage(bench: Bench) -> dict[str, Any]:
    found: dict[str, Any] = bench.server.get_stage(
        ApiId=bench.api_id(), StageName=bench.gateway.stage
    )
    return found


def assert_quiet(bench: Bench) -> None:
    assert bench.plan().changes == ()
    assert [name for name in bench.quiet_calls() if not name.startswith("get_")] == []


@pytest.mark.parametrize("name", ON_BOTH)
def test_set_and_removed(bench: Bench, name: str) -> None:
    bench.run()
    bench.change(**{name: ON_BOTH[name]})
    assert not bench.plan().in_sync
    bench.run()
    assert_quiet(bench)
    bench.change(**{name: NOTHING[name]})
    assert not bench.plan().in_sync
    bench.run()
    assert_quiet(bench)


@pytest.mark.parametrize("name", ON_AWS)
def test_set_and_removed_where_there_is_such_a_thing(
    modelled: Bench, name: str
) -> None:
    modelled.spec = a_typed_spec()
    modelled.run()
    modelled.change(**{name: ON_AWS[name]})
    assert not modelled.plan().in_sync
    modelled.run()
    assert_quiet(modelled)
    modelled.change(**{name: NOTHING[name]})
    assert not modelled.plan().in_sync
    modelled.run(prune=True)
    assert_quiet(modelled)


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("access_log", r"stage production: access_log.destination_arn, access_log"),
        ("client_certificate", "stage production: client_certificate_id"),
        ("vpc_link", r"integration wsrouter:default: connection_id\)"),
        ("domain", "CreateDomainName: Unknown API Gateway path"),
        ("validate_at_gateway", "CreateModel: Unknown API Gateway path"),
    ],
)
def test_what_ministack_does_not_keep_is_said(
    ministack_url: str, name: str, words: str
) -> None:
    """A MiniStack that has learned to keep it is no failure."""
    client = clients.client("apigatewayv2", endpoint_url=ministack_url)
    bench = Bench(server=Recorded(client), spec=a_typed_spec())
    bench.change(**{name: ON_AWS[name]})

    if refusal := refusal_of(bench):
        assert re.search(words, refusal)
    else:
        assert_quiet(bench)


def refusal_of(bench: Bench) -> str:
    try:
        bench.run()
    except SyncError as error:
        return str(error)
    return ""


def test_all_at_once_from_nothing(memory: Bench) -> None:
    memory.spec = a_typed_spec()
    memory.change(**ON_BOTH, **ON_AWS)
    published = memory.run()

    assert published.url == "wss://ws.example.com/chat"
    assert memory.server.writes.count("create_deployment") == 1
    assert_quiet(memory)


def test_throttling_as_aws_has_it(memory: Bench) -> None:
    memory.change(throttling=THROTTLING, logging_level="ERROR")
    memory.run()

    found = stage(memory)
    assert found["DefaultRouteSettings"]["ThrottlingRateLimit"] == 100.0
    assert found["DefaultRouteSettings"]["ThrottlingBurstLimit"] == 50
    assert found["RouteSettings"] == {
        "orders.watch": {
            "LoggingLevel": "ERROR",
            "ThrottlingRateLimit": 5.0,
            "ThrottlingBurstLimit": 2,
        }
    }


def test_a_lifted_throttle_is_never_zero(memory: Bench) -> None:
    memory.change(throttling=THROTTLING)
    memory.run()
    memory.change(throttling=None)
    memory.run()

    assert stage(memory)["DefaultRouteSettings"]["ThrottlingRateLimit"] == 10_000
    assert stage(memory)["RouteSettings"] == {}
    assert_quiet(memory)


def test_settings_of_foreign_routes_stay(memory: Bench) -> None:
    memory.run()
    api_id = memory.api_id()
    memory.server.create_route(ApiId=api_id, RouteKey="legacy", Target="")
    memory.server.create_deployment(ApiId=api_id, StageName="production")
    (deployment, *_) = reversed(memory.all("get_deployments"))
    memory.server.get_deployment(ApiId=api_id, DeploymentId=deployment["DeploymentId"])
    settings = {"legacy": {"ThrottlingRateLimit": 1.0}}
    memory.server.update_stage(
        ApiId=api_id, StageName="production", RouteSettings=settings
    )
    memory.change(throttling=THROTTLING)
    memory.run()
    memory.change(throttling=None)
    memory.run()

    assert stage(memory)["RouteSettings"] == settings
    assert_quiet(memory)


def test_logs_without_the_account_s_role(memory: Bench) -> None:
    memory.server.has_log_role = False
    memory.change(logging_level="INFO")

    with pytest.raises(SyncError, match="update-account"):
        memory.run()
    memory.server.has_log_role = True
    memory.run()
    assert_quiet(memory)


def test_access_log_is_echoed_without_its_star(memory: Bench) -> None:
    memory.change(access_log=ON_AWS["access_log"])
    memory.run()
    log = stage(memory)["AccessLogSettings"]
    assert log["DestinationArn"] == LOG_GROUP

    memory.server.update_stage(
        ApiId=memory.api_id(),
        StageName="production",
        AccessLogSettings={**log, "DestinationArn": LOG_GROUP + ":*"},
    )
    assert memory.plan().in_sync


def test_only_connect_is_guarded(bench: Bench) -> None:
    bench.change(authorizer=AUTHORIZER)
    bench.run()

    (found,) = bench.all("get_authorizers")
    routes = bench.routes()
    assert found["AuthorizerUri"] == (
        "arn:aws:apigateway:eu-west-1:lambda:path/2015-03-31/functions/"
        f"{FUNCTION}/invocations"
    )
    assert routes["$connect"]["AuthorizerId"] == found["AuthorizerId"]
    assert routes["$connect"]["AuthorizationType"] == "CUSTOM"
    assert routes["orders.watch"]["AuthorizationType"] == "NONE"
    (integration,) = bench.integrations()
    source = integration["RequestParameters"][
        f"{mapping.TARGET}X-Wsrouter-Principal-Id"
    ]
    assert source == "context.authorizer.principalId"


def test_a_removed_authorizer_is_gone(bench: Bench) -> None:
    bench.change(authorizer=AUTHORIZER)
    bench.run()
    bench.change(authorizer=None)
    bench.run()

    assert bench.all("get_authorizers") == []
    assert bench.routes()["$connect"]["AuthorizationType"] == "NONE"


def test_an_authorizer_that_cannot_be_cleared(memory: Bench) -> None:
    memory.server.stubborn = {"AuthorizerId"}
    memory.change(authorizer=AUTHORIZER)
    memory.run()
    memory.change(authorizer=None)
    memory.run()

    assert memory.all("get_authorizers") == []
    assert_quiet(memory)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        (
            {
                "throttling": publishing.throttling(
                    {"ROUTES": {"x": {"RATE": 1, "BURST": 1}}}
                )
            },
            "THROTTLING: 'x' is not a published route",
        ),
        (
            {"validate_at_gateway": ("x",)},
            "VALIDATE_AT_GATEWAY: 'x' is not a registered route",
        ),
    ],
)
def test_unknown_routes_in_settings(
    memory: Bench, changes: dict[str, Any], words: str
) -> None:
    memory.change(**changes)

    with pytest.raises(SyncError, match=words):
        memory.plan()
    assert memory.server.calls == []
