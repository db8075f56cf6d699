"""What ws_sync promises, on the simulated API Gateway and on MiniStack."""

import pytest

from tests.sync.bench import OTHER_SECRET, SECRET, Bench, a_spec
from wsrouter.catalog.snapshot import CONNECT, DEFAULT, DISCONNECT
from wsrouter.sync import render
from wsrouter.sync.outdated import KEPT_DEPLOYMENTS
from wsrouter.wire import mapping

HEADER = mapping.TARGET + mapping.PREFIX


def test_first_run_creates_everything(bench: Bench) -> None:
    bench.run()

    routes = bench.routes()
    assert set(routes) == {CONNECT, DISCONNECT, DEFAULT, "orders.watch", "orders.quit"}
    (integration,) = bench.integrations()
    target = f"integrations/{integration['IntegrationId']}"
    assert {route["Target"] for route in routes.values()} == {target}
    assert integration["IntegrationUri"] == "https://www.example.com/ws/"
    assert integration["IntegrationType"] == "HTTP_PROXY"
    assert integration["TimeoutInMillis"] == 29_000
    assert integration["RequestParameters"][f"{HEADER}Secret"] == f"'{SECRET}'"
    assert integration["RequestParameters"][f"{HEADER}Gateway"] == "'default'"


def test_message_routes_have_responses(bench: Bench) -> None:
    bench.run()

    answered = {
        key
        for key, route in bench.routes().items()
        if bench.all("get_route_responses", RouteId=route["RouteId"])
    }
    assert answered == {DEFAULT, "orders.watch", "orders.quit"}


def test_first_run_sends_the_selection_of_responses(bench: Bench) -> None:
    bench.run()

    sent = {
        members["RouteKey"]: members.get("RouteResponseSelectionExpression")
        for name, members in bench.server.calls
        if name == "create_route"
    }
    assert sent[CONNECT] is sent[DISCONNECT] is None
    assert sent[DEFAULT] == sent["orders.watch"] == sent["orders.quit"] == "$default"


def test_first_run_deploys_once(bench: Bench) -> None:
    bench.run()

    assert bench.server.writes.count("create_deployment") == 1
    (deployment,) = bench.all("get_deployments")
    assert deployment["Description"] == str(bench.plan().digest)
    assert SECRET not in deployment["Description"]


def test_second_run_has_nothing_to_do(bench: Bench) -> None:
    bench.run()
    calls = bench.quiet_calls()

    assert bench.plan().in_sync
    assert [name for name in calls if not name.startswith("get_")] == []


def test_check_makes_no_call_for_each_route(bench: Bench) -> None:
    bench.run()

    assert "get_route_responses" not in bench.quiet_calls()


def test_published_url(bench: Bench) -> None:
    published = bench.run()

    assert published.api_id == bench.api_id()
    assert published.url.startswith("ws")
    assert published.url.endswith("/production")


def test_new_route_is_published(bench: Bench) -> None:
    bench.run()
    bench.spec = a_spec("orders.watch", "orders.quit", "orders.list")
    plan = bench.plan()

    assert [
        (change.action, change.resource, change.key) for change in plan.changes
    ] == [
        ("create", "route", "orders.list"),
        ("create", "route_response", "orders.list"),
        ("create", "deployment", "production"),
    ]
    bench.run()
    assert "orders.list" in bench.routes()
    assert bench.plan().in_sync


@pytest.mark.parametrize(
    "changes",
    [
        {"endpoint": "https://new.example.com/ws/"},
        {"secrets": (OTHER_SECRET, SECRET)},
        {"timeout": 10.0},
        {"headers": {"Tenant": "context.authorizer.tenant"}},
        {"route_selection_expression": "$request.body.type"},
        {"tags": {"team": "shop"}},
        {"stage": "beta"},
        {"default_route": False},
        {"publish": "default"},
        {"reply_via": "connection"},
    ],
    ids=lambda changes: next(iter(changes)),
)
def test_changed_setting_is_published(bench: Bench, changes: dict[str, object]) -> None:
    bench.run()
    bench.change(**changes)
    bench.run()

    assert bench.plan().in_sync
    assert [name for name in bench.quiet_calls() if not name.startswith("get_")] == []


def test_changed_setting_and_back(bench: Bench) -> None:
    bench.run()
    before = bench.integrations()
    bench.change(headers={"Tenant": "context.authorizer.tenant"})
    bench.run()
    bench.change(headers={})
    bench.run()

    (integration,) = bench.integrations()
    parameters = integration["RequestParameters"]
    assert {**parameters, f"{HEADER}Tenant": ""} == {
        **before[0]["RequestParameters"],
        f"{HEADER}Tenant": "",
    }
    assert bench.plan().in_sync


def test_changed_secret_is_masked(bench: Bench) -> None:
    bench.run()
    bench.change(secrets=(OTHER_SECRET,))
    plan = bench.plan()

    shown = render.plan_text(plan) + str(render.json_values(plan)) + repr(plan)
    assert [change.resource for change in plan.changes] == ["integration", "deployment"]
    assert f"{HEADER}Secret: *** -> ***" in render.plan_text(plan)
    assert SECRET not in shown
    assert OTHER_SECRET not in shown


def test_new_host_is_marked_as_dangerous(bench: Bench) -> None:
    bench.run()
    bench.change(endpoint="https://evil.example.com/ws/")

    text = render.plan_text(bench.plan())
    assert "dangerous" in text
    assert "from www.example.com to evil.example.com" in text


def test_change_by_hand_is_repaired(bench: Bench) -> None:
    bench.run()
    (integration,) = bench.integrations()
    bench.server.update_integration(
        ApiId=bench.api_id(),
        IntegrationId=integration["IntegrationId"],
        IntegrationUri="https://stray.example.com/",
        TimeoutInMillis=50,
    )
    route = bench.routes()["orders.watch"]
    bench.server.update_route(
        ApiId=bench.api_id(), RouteId=route["RouteId"], ApiKeyRequired=True
    )

    assert [change.resource for change in bench.plan().changes] == [
        "integration",
        "route",
        "deployment",
    ]
    bench.run()
    assert bench.plan().in_sync


def test_route_deleted_by_hand_is_repaired(bench: Bench) -> None:
    bench.run()
    route_id = bench.routes()["orders.watch"]["RouteId"]
    bench.server.delete_route(ApiId=bench.api_id(), RouteId=route_id)
    bench.run()

    route = bench.routes()["orders.watch"]
    assert bench.all("get_route_responses", RouteId=route["RouteId"])
    assert bench.plan().in_sync


def test_publishing_often_ends_in_sync(bench: Bench) -> None:
    """Old deployments are deleted on the way where the server dates them."""
    for number in range(KEPT_DEPLOYMENTS + 3):
        bench.change(timeout=1.0 + number)
        bench.run()

    assert bench.plan().in_sync
    ids = {deployment["DeploymentId"] for deployment in bench.all("get_deployments")}
    gone = bench.server.writes.count("delete_deployment")
    assert len(ids) == KEPT_DEPLOYMENTS + 3 - gone
