"""LAMBDA: the function that is invoked in place of ENDPOINT, and its permission."""

import io
import json
import zipfile
from dataclasses import replace
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.simulated_aws.control_plane import MemoryControlPlane
from tests.simulated_aws.functions import MemoryFunctions
from tests.sync.bench import Bench, Recorded
from tests.sync.commands import exit_code, run
from tests.sync.test_options import assert_quiet
from wsrouter.aws import clients
from wsrouter.aws.botocore_errors import refusal
from wsrouter.aws.control.control_plane import emulator
from wsrouter.errors import SyncError
from wsrouter.sync.destroy import destroy, plan_removal
from wsrouter.sync.export import iam_policy
from wsrouter.sync.target import Target
from wsrouter.sync.wanted import wanted_snapshot

ACCOUNT = "arn:aws:lambda:eu-west-1:000000000000:function"
SHOP, OTHER = f"{ACCOUNT}:shop", f"{ACCOUNT}:other"
URI = (
    "arn:aws:apigateway:eu-west-1:lambda:path/2015-03-31/functions/{}/invocations"
).format


@pytest.fixture(params=["memory", "ministack"])
def served(request: pytest.FixtureRequest) -> Bench:
    """A bench with two functions, on each server that has Lambda."""
    if request.param == "memory":
        bench: Bench = request.getfixturevalue("memory")
        bench.functions = MemoryFunctions(SHOP, OTHER)
        return bench
    url = request.getfixturevalue("ministack_url")
    client = clients.client("apigatewayv2", region="eu-west-1", endpoint_url=url)
    functions = clients.client("lambda", region="eu-west-1", endpoint_url=url)
    create_functions(functions)
    return Bench(server=Recorded(client), functions=functions)


def create_functions(client: Any) -> None:
    code = io.BytesIO()
    with zipfile.ZipFile(code, "w") as archive:
        archive.writestr("shop.py", "def handler(event, context): ...")
    for name in ("shop", "other"):
        try:
            client.get_function(FunctionName=name)
        except client.exceptions.ResourceNotFoundException:
            client.create_function(
                FunctionName=name,
                Runtime="python3.12",
                Role="arn:aws:iam::000000000000:role/shop",
                Handler="shop.handler",
                Code={"ZipFile": code.getvalue()},
            )


def changes(bench: Bench, **options: Any) -> list[tuple[str, str]]:
    planned = bench.plan(**options).changes
    return [(change.action, change.resource) for change in planned]


def sources(bench: Bench, function: str, api_id: str) -> list[str]:
    """The API Gateways that may invoke the function for the API."""
    try:
        policy = json.loads(bench.functions.get_policy(FunctionName=function)["Policy"])
    except ClientError:  # a function without statements has no policy
        return []
    found = policy["Statement"]
    assert {each["Principal"]["Service"] for each in found} <= {
        "apigateway.amazonaws.com"
    }
    arns = [each["Condition"]["ArnLike"]["AWS:SourceArn"] for each in found]
    return [arn for arn in arns if f":{api_id}/" in arn]


def mapped(integration: dict[str, Any]) -> dict[str, str]:
    """The request parameters; MiniStack keeps those that were removed, empty."""
    found = integration.get("RequestParameters") or {}
    return {target: source for target, source in found.items() if source}


def test_published_changed_and_destroyed(served: Bench) -> None:
    served.change(lambda_function=SHOP, endpoint="", secrets=())
    api_id = served.run().api_id
    (integration,) = served.integrations()
    assert integration["IntegrationType"] == "AWS_PROXY"
    assert integration["IntegrationUri"] == URI(SHOP)
    assert not mapped(integration)
    source = f"arn:aws:execute-api:eu-west-1:000000000000:{api_id}/*"
    assert sources(served, SHOP, api_id) == [source]
    assert_quiet(served)

    served.change(lambda_function=OTHER)
    (danger,) = served.plan().dangers
    assert f"from the Lambda function {SHOP} to the Lambda function {OTHER}" in danger
    served.run()
    assert sources(served, SHOP, api_id) == []
    assert sources(served, OTHER, api_id) == [source]
    assert_quiet(served)

    removal = plan_removal(served.plane, Target.of(served.gateway))
    destroy(served.plane, removal, sleep=lambda _: None)
    assert sources(served, OTHER, api_id) == []


def test_moved_from_http_to_a_function_and_back(served: Bench) -> None:
    """One integration, changed in place: every route goes on targeting it."""
    api_id = served.run().api_id
    before = served.routes()
    served.change(lambda_function=SHOP)
    plan = served.plan()
    assert changes(served) == [
        ("create", "permission"),
        ("update", "integration"),
        ("create", "deployment"),
    ]
    (danger,) = plan.dangers
    assert f"from www.example.com to the Lambda function {SHOP}" in danger
    assert "also of open connections" in danger
    assert "the same database" in danger
    served.run()
    (integration,) = served.integrations()
    assert integration["IntegrationType"] == "AWS_PROXY"
    assert not mapped(integration)
    assert served.routes() == before
    assert_quiet(served)

    served.change(lambda_function="")
    assert changes(served) == [
        ("update", "integration"),
        ("create", "deployment"),
        ("delete", "permission"),
    ]
    served.run()
    (integration,) = served.integrations()
    assert integration["IntegrationUri"] == "https://www.example.com/ws/"
    assert len(mapped(integration)) > 10
    assert sources(served, SHOP, api_id) == []
    assert_quiet(served)


def test_a_lost_permission_is_drift(served: Bench) -> None:
    served.change(lambda_function=SHOP)
    api_id = served.run().api_id
    served.plane.forbid(SHOP, api_id)
    assert changes(served) == [("create", "permission")]
    served.run()
    assert_quiet(served)


@pytest.fixture
def published(memory: Bench) -> Bench:
    memory.functions = MemoryFunctions(SHOP, OTHER)
    memory.change(lambda_function=SHOP)
    memory.run()
    return memory


def test_a_function_that_does_not_exist(published: Bench) -> None:
    published.change(lambda_function=f"{ACCOUNT}:nowhere")
    with pytest.raises(SyncError, match=f"LAMBDA: there is no function {ACCOUNT}:now"):
        published.run()
    (integration,) = published.integrations()
    assert integration["IntegrationUri"] == URI(SHOP)


def test_a_run_that_was_killed_is_finished_by_the_next(memory: Bench) -> None:
    memory.functions = MemoryFunctions(SHOP)
    memory.run()
    memory.change(lambda_function=SHOP)
    for more in (0, 1, 1):
        allowed = more + len(memory.server.writes)

        def killed(name: str, allowed: int = allowed) -> None:
            if not name.startswith("get_") and len(memory.server.writes) >= allowed:
                raise KeyboardInterrupt

        memory.server.before = killed
        with pytest.raises(KeyboardInterrupt):
            memory.run()
        memory.server.before = lambda _: None
    memory.run()
    assert_quiet(memory)
    (integration,) = memory.integrations()
    assert integration["IntegrationType"] == "AWS_PROXY"


def test_another_version_of_a_function_is_no_danger(published: Bench) -> None:
    published.functions.policies |= {f"{SHOP}:live": []}
    published.change(lambda_function=f"{SHOP}:live")
    assert changes(published) == [
        ("create", "permission"),
        ("update", "integration"),
        ("create", "deployment"),
        ("delete", "permission"),
    ]
    assert published.plan().dangers == ()


def test_two_kinds_side_by_side(memory: Bench) -> None:
    memory.functions = MemoryFunctions(SHOP)
    memory.run()
    http = memory.gateway
    memory.gateway = replace(
        http, alias="admin", api_name=f"{http.api_name}-admin", lambda_function=SHOP
    )
    memory.run()
    assert_quiet(memory)
    memory.gateway = http
    assert_quiet(memory)


def test_http_gateways_ask_lambda_nothing(memory: Bench) -> None:
    memory.functions = MemoryFunctions()
    memory.run()
    assert memory.functions.calls == []


def test_the_policy_of_the_publisher_allows_its_calls(published: Bench) -> None:
    published.change(lambda_function="")
    published.run()
    published.change(lambda_function=SHOP)
    snapshot = wanted_snapshot(published.gateway, published.spec)
    policy = iam_policy.publisher_policy(snapshot, region="eu-west-1")
    *_, statement = policy["Statement"]
    asked = {
        f"lambda:{name.title().replace('_', '')}"
        for name, _ in published.functions.calls
    }
    assert asked == set(statement["Action"])
    assert statement["Resource"] == SHOP


def test_a_permission_that_may_not_be_removed(published: Bench) -> None:
    """The next run does not look at a function that is no longer used."""
    removing = published.functions.remove_permission

    def refuse(**members: Any) -> None:
        raise refusal("RemovePermission", "AccessDeniedException", "No.", 403)

    published.functions.remove_permission = refuse
    published.change(lambda_function="")
    with pytest.raises(SyncError, match="refused RemovePermission: No") as raised:
        published.run()
    text = f"The statement wsrouter-api1 is still in the policy of {SHOP}: remove it"
    assert text in str(raised.value)
    published.functions.remove_permission = removing
    assert_quiet(published)


@pytest.mark.parametrize(
    ("url", "used"),
    [
        ("http://127.0.0.1:4566", True),
        ("http://localstack:4566", True),
        ("", True),
        ("https://apigateway.eu-west-1.amazonaws.com", False),
        ("https://vpce-1-2.apigateway.cn-north-1.vpce.amazonaws.com.cn", False),
    ],
)
def test_which_urls_have_lambda_too(url: str, used: bool) -> None:
    assert emulator(url) == (url if used else "")


def configure(settings: Any, **changed: Any) -> None:
    entry = {**settings.WSROUTER["default"], "LAMBDA": SHOP, **changed}
    settings.WSROUTER = {"default": entry}


def test_a_plan_without_a_secret_is_saved_and_carried_out(
    plane: MemoryControlPlane, settings: Any, tmp_path: Any
) -> None:
    configure(settings, SECRET="", ENDPOINT="")
    plane.functions.policies[SHOP] = []
    file = str(tmp_path / "plan.json")
    out = "".join(run("--plan", "--out", file))
    assert "! " not in out
    edited = json.loads((tmp_path / "plan.json").read_text())
    edited["wanted"]["integration"]["uri"] = URI(OTHER)
    (tmp_path / "edited.json").write_text(json.dumps(edited))
    assert exit_code("--apply", str(tmp_path / "edited.json"), "--no-input") == 1
    out, _ = run("--apply", file, "--no-input")
    assert f"+ permission {SHOP}" in out
    assert "must have API_ID = 'api1' in its settings" in out
    assert exit_code("--check") == 0
    assert "API_ID = " not in run("--no-input")[0]
