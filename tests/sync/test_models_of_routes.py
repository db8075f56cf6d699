"""Models at the gateway: which routes have one, and how they change."""

import json

from jsonschema import Draft4Validator

from tests.sync.bench import Bench
from tests.sync.test_options import a_typed_spec, assert_quiet
from wsrouter.catalog.routes import ApiSpec, RouteSpec


def test_models_are_those_of_typed_routes(memory: Bench) -> None:
    memory.spec = a_typed_spec()
    memory.change(validate_at_gateway=("orders.watch",))
    memory.run()

    (model,) = memory.all("get_models")
    route = memory.routes()["orders.watch"]
    assert route["RequestModels"] == {"$default": model["Name"]}
    assert route["ModelSelectionExpression"]
    assert "RequestModels" not in memory.routes()["orders.quit"]
    validator = Draft4Validator(json.loads(model["Schema"]))
    assert validator.is_valid({"action": "orders.watch", "payload": {"order_id": 7}})
    assert not validator.is_valid({"action": "orders.watch", "payload": {}})
    assert not validator.is_valid({"action": "orders.watch"})


def test_a_changed_payload_changes_its_model(memory: Bench) -> None:
    memory.spec = a_typed_spec()
    memory.change(validate_at_gateway=True)
    memory.run()
    memory.spec = ApiSpec(
        routes=(
            RouteSpec(key="orders.watch", handler="ws.watch", payload=list[int]),
            RouteSpec(key="orders.quit", handler="ws.quit"),
        )
    )

    assert [(change.action, change.resource) for change in memory.plan().changes] == [
        ("update", "model"),
        ("create", "deployment"),
    ]
    memory.run()
    assert_quiet(memory)


def test_a_stale_route_keeps_its_model(memory: Bench) -> None:
    memory.spec = a_typed_spec()
    memory.change(validate_at_gateway=True)
    memory.run()
    memory.spec = ApiSpec(routes=a_typed_spec().routes[1:])
    memory.run()
    assert len(memory.all("get_models")) == 2
    assert_quiet(memory)

    memory.run(prune=True)
    assert len(memory.all("get_models")) == 1
    assert memory.plan(prune=True).in_sync
