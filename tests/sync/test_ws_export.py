"""`ws_export`: templates that others' tools accept, with exactly the plan's routes."""

import io
import json
import re
import subprocess
import sys
from graphlib import CycleError
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command

from tests.simulated_aws.control_plane import MemoryControlPlane
from tests.sync.terraform import Configuration
from tests.sync.test_options import CERTIFICATE, FUNCTION, LOG_GROUP
from wsrouter import conf
from wsrouter.sync.digest import SECRET_TARGET
from wsrouter.sync.plan import prepare
from wsrouter.sync.target import Target
from wsrouter.wiring import publisher

_CFN_LINT = "import sys; from cfnlint.runner import main; sys.exit(main())"
EVERYTHING = {
    "DOMAIN": {
        "NAME": "ws.example.com",
        "CERTIFICATE": CERTIFICATE,
        "MAPPING_KEY": "chat",
        "DISABLE_EXECUTE_API_ENDPOINT": True,
    },
    "AUTHORIZER": {"FUNCTION": FUNCTION, "IDENTITY": ["route.request.querystring.t"]},
    "THROTTLING": {
        "RATE": 100,
        "BURST": 50,
        "ROUTES": {"shop.echo": {"RATE": 5, "BURST": 2}},
    },
    "ACCESS_LOG": LOG_GROUP,
    "LOGGING_LEVEL": "ERROR",
    "VALIDATE_AT_GATEWAY": True,
    "VPC_LINK": "link12",
    "CLIENT_CERTIFICATE": "abc123",
}


ON_LAMBDA = {"LAMBDA": f"{FUNCTION}:live", "ENDPOINT": ""}
ENTRIES = {"plain": {}, "everything": EVERYTHING, "lambda": ON_LAMBDA}


@pytest.fixture(params=ENTRIES.values(), ids=list(ENTRIES))
def entry(request: pytest.FixtureRequest, settings: Any) -> dict[str, Any]:
    found = {**settings.WSROUTER["default"], **request.param}
    settings.WSROUTER = {"default": found}
    return found


def export(*arguments: str) -> str:
    out = io.StringIO()
    call_command("ws_export", *arguments, stdout=out)
    return out.getvalue()


def wanted_keys() -> set[str]:
    """The routes that ws_sync would plan from nothing."""
    target, plane = Target.of(conf.gateway()), MemoryControlPlane()
    plane.functions.policies[ON_LAMBDA["LAMBDA"]] = []
    plan = prepare(plane, target, publisher.wanted_snapshot())
    return {change.key for change in plan.changes if change.resource == "route"}


@pytest.mark.parametrize("suffix", ["json", "yaml"])
def test_cfn_lint_accepts_the_template(
    entry: dict[str, Any], suffix: str, tmp_path: Path
) -> None:
    """JSON is YAML, so the template may go where a project keeps YAML ones."""
    file = tmp_path / f"template.{suffix}"
    file.write_text(export("cloudformation"))

    found = subprocess.run(
        [sys.executable, "-c", _CFN_LINT, "--regions", "eu-west-1", "--", str(file)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert found.returncode == 0, found.stdout + found.stderr


def test_template_has_the_routes_of_the_plan(entry: dict[str, Any]) -> None:
    resources = json.loads(export("cloudformation"))["Resources"]
    routes = {
        name: resource["Properties"]["RouteKey"]
        for name, resource in resources.items()
        if resource["Type"].endswith("::Route")
    }

    assert set(routes.values()) == wanted_keys()
    (deployment,) = (
        resource
        for resource in resources.values()
        if resource["Type"].endswith("::Deployment")
    )
    assert set(deployment["DependsOn"]) == set(routes)


def test_a_change_gives_another_deployment(settings: Any) -> None:
    def name() -> str:
        resources = json.loads(export("cloudformation"))["Resources"]
        return next(
            resource for resource in resources if resource.startswith("Deployment")
        )

    before = name()
    assert name() == before
    entry = {**settings.WSROUTER["default"], "TIMEOUT": 5}
    settings.WSROUTER = {"default": entry}
    assert name() != before


def terraform() -> Configuration:
    return Configuration(json.loads(export("terraform")))


def test_every_reference_of_terraform_resolves(entry: dict[str, Any]) -> None:
    terraform().validate()


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("aws_apigatewayv2_integration.this.id", "aws_apigatewayv2_integration.it.id"),
        ("var.wsrouter_secret", "var.secret"),
        ("aws_apigatewayv2_stage.this.invoke_url", "aws_apigatewayv2_stage.this.url"),
        ('"timeout_milliseconds"', '"timeout"'),
        ('"depends_on": [', '"depends_on": ["aws_apigatewayv2_stage.this", '),
    ],
)
def test_a_wrong_reference_would_be_found(old: str, new: str) -> None:
    text = export("terraform")
    assert old in text

    with pytest.raises((AssertionError, CycleError)):
        Configuration(json.loads(text.replace(old, new))).validate()


def test_terraform_makes_what_is_wanted(entry: dict[str, Any]) -> None:
    found, wanted = terraform(), publisher.wanted_snapshot()
    routes = {
        block["route_key"]: block
        for address, block in found.value(found.resources).items()
        if address.startswith("aws_apigatewayv2_route.")
    }
    responses = {
        block["route_id"]
        for address, block in found.resources.items()
        if address.startswith("aws_apigatewayv2_route_response.")
    }
    integration = found.value(found.resources["aws_apigatewayv2_integration.this"])

    assert set(routes) == wanted_keys() == set(wanted.routes)
    assert {route["target"] for route in routes.values()} == {
        "integrations/<aws_apigatewayv2_integration.this>"
    }
    assert len(responses) == sum(route.has_response for route in wanted.routes.values())
    if wanted.integration.invokes_function:
        assert_lambda(found, wanted.integration.uri)
        return
    secret = {SECRET_TARGET: "'<var.wsrouter_secret>'"}
    assert integration["request_parameters"] == {
        **wanted.integration.request_parameters,
        **secret,
    }


def assert_lambda(found: Configuration, uri: str) -> None:
    integration = found.value(found.resources["aws_apigatewayv2_integration.this"])
    kind, target = integration["integration_type"], integration["integration_uri"]
    assert (kind, target) == ("AWS_PROXY", uri)
    assert "request_parameters" not in integration
    assert "variable" not in found.content
    permission = found.value(found.resources["aws_lambda_permission.this"])
    assert permission["function_name"] == ON_LAMBDA["LAMBDA"]
    assert permission["source_arn"] == "<aws_apigatewayv2_api.this>/*"


def test_cloudformation_permits_the_function(settings: Any) -> None:
    settings.WSROUTER = {"default": {**settings.WSROUTER["default"], **ON_LAMBDA}}
    found = json.loads(export("cloudformation"))
    integration = found["Resources"]["Integration"]["Properties"]
    assert integration["IntegrationType"] == "AWS_PROXY"
    assert "RequestParameters" not in integration
    permission = found["Resources"]["Permission"]["Properties"]
    assert permission["FunctionName"] == ON_LAMBDA["LAMBDA"]
    assert "${Api}/*" in permission["SourceArn"]["Fn::Sub"]
    assert "Parameters" not in found


def test_text_that_terraform_would_evaluate_is_escaped(settings: Any) -> None:
    headers = {"Odd": "'${x} %{y}'", "Link": "stageVariables.z"}
    entry = {**settings.WSROUTER["default"], "HEADERS": headers}
    settings.WSROUTER = {
        "default": {**entry, "VPC_LINK": "${stageVariables.vpcLinkId}"}
    }
    found = terraform()
    found.validate()
    integration = found.value(found.resources["aws_apigatewayv2_integration.this"])

    name = "integration.request.header.X-Wsrouter-Odd"
    assert integration["request_parameters"][name] == "'${x} %{y}'"
    assert integration["connection_id"] == "${stageVariables.vpcLinkId}"


def test_terraform_never_sends_a_throttle_of_zero(entry: dict[str, Any]) -> None:
    stage = json.loads(export("terraform"))["resource"]["aws_apigatewayv2_stage"][
        "this"
    ]

    for stage_settings in [
        stage["default_route_settings"],
        *stage.get("route_settings", []),
    ]:
        assert stage_settings["throttling_rate_limit"] > 0
        assert stage_settings["throttling_burst_limit"] > 0


@pytest.mark.parametrize(
    "kind", ["cloudformation", "terraform", "console", "iam-policy"]
)
def test_no_secret_is_exported(entry: dict[str, Any], kind: str) -> None:
    assert entry["SECRET"] not in export(kind)


def test_an_export_needs_no_secret(settings: Any) -> None:
    entry = {**settings.WSROUTER["default"], "SECRET": None}
    settings.WSROUTER = {"default": entry}

    assert "wsrouter_secret" in export("terraform")
    assert "X-Wsrouter-Secret" in export("console")


def test_the_checklist_is_numbered_and_complete(entry: dict[str, Any]) -> None:
    text = export("console")
    numbers = [int(number) for number in re.findall(r"^(\d+)\. ", text, re.MULTILINE)]

    assert numbers == list(range(1, len(numbers) + 1))
    for key in wanted_keys():
        assert f"--route-key '{key}'" in text
    if "DOMAIN" in entry:
        assert "CNAME from ws.example.com" in text


def test_policies_are_the_least(settings: Any) -> None:
    entry = {**settings.WSROUTER["default"], "API_ID": "abc1234567"}
    settings.WSROUTER = {"default": entry}
    policies = json.loads(export("iam-policy"))

    (statement,) = policies["application"]["Statement"]
    assert statement["Resource"] == (
        "arn:aws:execute-api:eu-west-1:*:abc1234567/production/*/@connections/*"
    )
    resources = json.dumps(policies["publisher"])
    assert "arn:aws:apigateway:eu-west-1::/apis/abc1234567" in resources
    assert '"Resource": "*"' not in resources


def test_policies_of_other_partitions(settings: Any) -> None:
    settings.WSROUTER = {
        "default": {**settings.WSROUTER["default"], "REGION": "cn-north-1"}
    }
    text = export("iam-policy")

    assert "arn:aws-cn:apigateway:cn-north-1::/apis" in text
    assert "arn:aws:" not in text
